import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionState } from "./session_state";
import { statusText } from "./status_text";

function session(properties: Partial<SessionState>): SessionState {
    return Object.assign(new SessionState(), properties);
}

const processors = [
    { threadId: 1, name: "Processor 0: System (4.8)" },
    { threadId: 2, name: "Processor 1: System (4.c)" },
];

test("a halted target says which processor is looked at, and why it stands", () => {
    const stop = { reason: "breakpoint", description: "Breakpoint 2", text: "Breakpoint 2 at drv!Read", threadId: 2 };
    const halted = session({ isLive: true, state: "halted", stop, processors, target: "Live kernel on unix:/tmp/kd" });
    const { text, tooltip } = statusText(halted, "VM", undefined);
    assert.equal(text, "$(debug-pause) VM · CPU 1 · Breakpoint 2");
    assert.equal(tooltip, "Live kernel on unix:/tmp/kd\nProcessor 1: System (4.c)\nBreakpoint 2 at drv!Read");
    assert.match(statusText(halted, "VM", 1).text, /CPU 0/);
});

test("a running target has no current processor", () => {
    const running = session({ isLive: true, state: "running", processors });
    assert.equal(statusText(running, "VM", 1).text, "$(debug-start) VM · running");
});

test("only a target that doesn't answer is a warning", () => {
    for (const state of ["connecting", "running", "halted", "unknown", "ended"] as const) {
        assert.equal(statusText(session({ isLive: true, state }), "VM", undefined).isWarning, state === "unknown");
    }
});
