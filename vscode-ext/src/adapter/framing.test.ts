import assert from "node:assert/strict";
import { test } from "node:test";
import { encode, MessageReader } from "./framing";

const messages = [{ seq: 1, text: "Grüße" }, { seq: 2 }, { seq: 3, text: "x".repeat(10_000) }];
const bytes = Buffer.concat(messages.map(encode));

test("messages come out whole, however they are cut", () => {
    for (const size of [1, 2, 7, 64, bytes.length]) {
        const reader = new MessageReader();
        const read: unknown[] = [];
        for (let start = 0; start < bytes.length; start += size) {
            read.push(...reader.push(bytes.subarray(start, start + size)));
        }
        assert.deepEqual(read, messages, `pieces of ${size} bytes`);
    }
});

test("other headers are passed over", () => {
    const reader = new MessageReader();
    assert.deepEqual(reader.push(Buffer.from("Content-Type: x\r\ncontent-length: 2\r\n\r\n{}")), [{}]);
});

test("what isn't DAP is refused, with what it was", () => {
    assert.throws(() => new MessageReader().push(Buffer.from("Usage: kdap\r\n\r\n")), /content length.*Usage: kdap/);
    assert.throws(() => new MessageReader().push(Buffer.alloc(5000, "x")), /no header/);
});
