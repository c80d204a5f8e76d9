// Runs in VS Code's extension host, on the sample dump: what the workbench can't be driven to show, as the extension that
// shows memory (ms-vscode.hexeditor) comes from the marketplace, is asked for as the workbench would.
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const TIME_LIMIT_MS = 60_000;
/** What VS Code takes before and after the program counter, as a whole. */
const ROWS = 400;
const BEFORE = 200;

exports.run = async () => {
    const folder = vscode.workspace.workspaceFolders[0];
    const { arguments: args, expected } = JSON.parse(
        fs.readFileSync(path.join(folder.uri.fsPath, "test.json"), "utf8"),
    );
    const shown = new Promise((resolve) =>
        vscode.debug.onDidChangeActiveStackItem((item) => item instanceof vscode.DebugStackFrame && resolve(item)),
    );
    assert.ok(await vscode.debug.startDebugging(folder, { type: "kd", request: "attach", name: "dump", ...args }));
    const { session, threadId, frameId } = await within(shown, "a focused frame");
    const ask = (command, body) => within(Promise.resolve(session.customRequest(command, body)), command);

    const { stackFrames } = await ask("stackTrace", { threadId, startFrame: 0, levels: 20 });
    const frame = stackFrames.find(({ id }) => id === frameId);
    assert.match(frame.name, /SlotStore/, "the frame that failed has the focus");

    const pc = frame.instructionPointerReference;
    const disassemble = { memoryReference: pc, offset: 0, instructionOffset: -BEFORE, instructionCount: ROWS };
    const { instructions } = await ask("disassemble", { ...disassemble, resolveSymbols: true });
    assert.equal(instructions.length, ROWS);
    assert.equal(BigInt(instructions[BEFORE].address), BigInt(pc), "row 200 is the program counter");
    const code = Buffer.from(instructions[BEFORE].instructionBytes.replaceAll(" ", ""), "hex");
    const read = await ask("readMemory", { memoryReference: pc, count: code.length });
    assert.deepEqual(Buffer.from(read.data, "base64"), code);

    // A variable's memory, as the button beside it opens it.
    const { memoryReference } = await ask("evaluate", { expression: expected.expression, frameId, context: "watch" });
    const memory = await ask("readMemory", { memoryReference, offset: 0, count: 4 });
    assert.equal(Buffer.from(memory.data, "base64").toString("latin1"), expected.memory);
    const nowhere = await ask("readMemory", { memoryReference: "0x0", offset: 0, count: 16 });
    assert.deepEqual(
        { data: nowhere.data ?? "", unreadableBytes: nowhere.unreadableBytes },
        { data: "", unreadableBytes: 16 },
    );

    const ended = new Promise((resolve) => vscode.debug.onDidTerminateDebugSession(resolve));
    await vscode.debug.stopDebugging(session);
    await within(ended, "the end of the session");
};

function within(promise, what) {
    const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`no answer: ${what}`)), TIME_LIMIT_MS));
    return Promise.race([promise, late]);
}
