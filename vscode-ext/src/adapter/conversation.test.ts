import type { DebugProtocol } from "@vscode/debugprotocol";
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "./conversation";

const request = (seq: number, command: string) => ({ seq, type: "request", command });
const response = (seq: number, request_seq: number) => ({ seq, type: "response", ...{ request_seq, success: true } });

test("what the editor waits for when the adapter dies is answered, then the session ends", () => {
    const conversation = new Conversation();
    conversation.sent(request(1, "initialize"));
    conversation.received(response(1, 1));
    conversation.sent(request(2, "attach"));
    conversation.sent(request(3, "threads"));
    assert.equal(conversation.mayEnd, false);
    const farewell = conversation.farewell("it died") as Partial<DebugProtocol.Response & DebugProtocol.Event>[];
    assert.deepEqual(
        farewell.map(({ seq, type, request_seq, success, message, event }) => [
            seq,
            type,
            request_seq ?? event,
            success,
            message,
        ]),
        [
            [2, "response", 2, false, "it died"],
            [3, "response", 3, false, "it died"],
            [4, "event", "terminated", undefined, undefined],
        ],
    );
    assert.deepEqual(conversation.farewell("it died"), []);
});

test("after the editor left or the target ended, the adapter may go without a word", () => {
    const left = new Conversation();
    left.sent(request(1, "disconnect"));
    assert.equal(left.mayEnd, true);
    assert.deepEqual(
        left.farewell("").map((message) => (message as DebugProtocol.Response).success),
        [true],
    );
    const ended = new Conversation();
    ended.received({ ...{ event: "terminated" }, seq: 1, type: "event" });
    assert.equal(ended.mayEnd, true);
    assert.deepEqual(ended.farewell(""), []);
});
