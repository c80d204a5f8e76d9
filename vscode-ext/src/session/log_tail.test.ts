import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { LogTail } from "./log_tail";

const folder = mkdtempSync(path.join(tmpdir(), "kdap-log-"));
after(() => {
    rmSync(folder, { recursive: true });
});

/** Follows a file; `until` waits for what has to come of it. */
function follow(name: string) {
    const file = path.join(folder, name);
    let read = "";
    const tail = new LogTail(file, (text) => (read += text));
    const until = async (expected: string) => {
        while (!read.endsWith(expected)) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    };
    return { file, tail, until, read: () => read };
}

test("everything is passed on once, also what is written before the end and in the middle of a letter", async () => {
    const { file, tail, until, read } = follow("letters");
    const letter = Buffer.from("ü");
    appendFileSync(file, Buffer.concat([Buffer.from("first\n"), letter.subarray(0, 1)]));
    await until("first\n");
    appendFileSync(file, letter.subarray(1));
    appendFileSync(file, "last");
    await Promise.all([tail.close(), tail.close()]);
    await tail.close();
    assert.equal(read(), "first\nülast");
});

test("a file that is begun anew is read from its beginning", async () => {
    const { file, tail, until, read } = follow("anew");
    writeFileSync(file, "a long first session\n");
    await until("session\n");
    writeFileSync(file, "a second\n");
    await tail.close();
    assert.equal(read(), "a long first session\na second\n");
});
