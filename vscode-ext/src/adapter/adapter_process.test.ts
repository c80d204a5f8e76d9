import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { AdapterProcess } from "./adapter_process";
import type { Ending } from "./problem";

const root = mkdtempSync(path.join(tmpdir(), "kdap-process-"));
after(() => {
    rmSync(root, { recursive: true });
});
const options = { skip: process.platform === "win32" && "the adapters of this test are scripts" };

/** Starts a script as the adapter. */
function start(interpreter: string, script: string) {
    const file = path.join(root, `adapter-${Math.random().toString(36).slice(2)}`);
    writeFileSync(file, `#!${interpreter}\n${script}\n`);
    chmodSync(file, 0o755);
    return listen(file);
}

function listen(file: string) {
    const messages: unknown[] = [];
    const log: string[] = [];
    let end: (ending: Ending) => void;
    const ended = new Promise<Ending>((resolve) => (end = resolve));
    const adapter = new AdapterProcess(file, {
        message: (message) => messages.push(message),
        log: (text) => log.push(text),
        ended: (ending) => {
            end(ending);
        },
    });
    return { adapter, messages, log, ended };
}

test("messages go both ways, and a closed input is the end", options, async () => {
    const { adapter, messages, log, ended } = start("/bin/sh", "echo hello >&2; exec cat");
    adapter.send({ seq: 1, text: "ü" });
    adapter.send({ seq: 2 });
    while (messages.length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    adapter.dispose();
    assert.deepEqual(messages, [{ seq: 1, text: "ü" }, { seq: 2 }]);
    assert.equal((await ended).code, 0);
    assert.equal(log.join(""), "hello\n");
});

test("how it died is told, with what it said last", options, async () => {
    const { adapter, ended } = start("/bin/sh", "echo panicked >&2; exit 101");
    assert.deepEqual(await ended, { code: 101, signal: null, stderr: "panicked\n" });
    adapter.send({ seq: 1 });
    adapter.dispose();
});

test("what isn't the protocol ends it", options, async () => {
    const { ended } = start("/bin/sh", "printf 'Usage: kdap\\r\\n\\r\\n'; exec sleep 60");
    const { error, signal } = await ended;
    assert.match(error ?? "", /Usage: kdap/);
    assert.equal(signal, "SIGTERM");
});

test("a binary that isn't there ends at once", async () => {
    const { error } = await listen(path.join(root, "nothing")).ended;
    assert.match(error ?? "", /ENOENT/);
});
