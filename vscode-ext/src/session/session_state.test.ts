import type { DebugProtocol } from "@vscode/debugprotocol";
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionState } from "./session_state";

const event = (name: string, body: unknown) => ({ seq: 1, type: "event", event: name, body });
const request = (command: string, args: unknown) => ({ seq: 1, type: "request", command, arguments: args });
const response = (command: string, body: unknown): DebugProtocol.ProtocolMessage => {
    return { seq: 1, type: "response", ...{ request_seq: 1, command, success: true, body } };
};
const threads = (...names: string[]) =>
    response("threads", { threads: names.map((name, index) => ({ id: index + 1, name })) });

test("a dump stands at its bug check from its first stop on", () => {
    const session = new SessionState();
    session.sent(request("attach", { dumpFile: "/a/MEMORY.DMP" }));
    assert.deepEqual([session.isLive, session.state, session.target], [false, "connecting", "/a/MEMORY.DMP"]);
    session.received(
        event("stopped", { reason: "exception", description: "Bug check d1", threadId: 2, text: "X (d1)" }),
    );
    session.received(threads("Processor 0", "Processor 1: System (4.8)"));
    assert.deepEqual([session.state, session.bugCheck], ["halted", "X (d1)"]);
    assert.equal(session.processor(undefined)?.name, "Processor 1: System (4.8)");
    assert.equal(session.processor(1)?.name, "Processor 0");
});

test("a live target runs, halts, and is said to be unknown when the adapter says so", () => {
    const session = new SessionState();
    const states: string[] = [];
    session.sent(request("attach", { connection: "unix:/tmp/kd" }));
    for (const message of [
        threads("Processor 0 (not connected yet)"),
        event("process", { name: "Live kernel on unix:/tmp/kd" }),
        event("stopped", { reason: "entry", threadId: 1 }),
        threads("Processor 0: System (4.8)"),
        response("continue", {}),
        threads("Processor 0 (does not answer)"),
        threads("Processor 0"),
        event("stopped", { reason: "step", threadId: 1 }),
        event("continued", { threadId: 1 }),
        event("terminated", undefined),
    ]) {
        session.received(message);
        states.push(session.state);
    }
    const expected = "connecting running halted halted running unknown running halted running ended";
    assert.equal(states.join(" "), expected);
    assert.deepEqual(session.processors, [{ threadId: 1, name: "Processor 0" }]);
    assert.ok(session.isLive);
});

test("what fails changes nothing", () => {
    const session = new SessionState();
    session.sent(request("attach", { dumpFile: "a.dmp" }));
    session.received(event("stopped", { reason: "exception", threadId: 1 }));
    assert.equal(session.received({ ...response("continue", {}), ...{ success: false } }), false);
    assert.equal(session.state, "halted");
});
