import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { analysis } from "./analysis";

const root = mkdtempSync(path.join(tmpdir(), "kdap-analysis-"));
after(() => {
    rmSync(root, { recursive: true });
});
const options = { skip: process.platform === "win32" && "what stands for kdap here are scripts" };

/** What is shown where a script stands for kdap. */
function shown(name: string, script: string, signal = new AbortController().signal) {
    const kdap = path.join(root, name);
    writeFileSync(kdap, `#!/bin/sh\n${script}\n`);
    chmodSync(kdap, 0o755);
    return analysis(kdap, "a.dmp", { symbolPath: "s", imagePath: "i" }, signal);
}

test("kdap's own words are shown as they are", options, async () => {
    assert.deepEqual(await shown("whole", 'echo "$@"'), { text: "open a.dmp -y s -i i\n", isOpen: true });
    const unreadable = await shown("unreadable", "echo 'kdap: not a dump' >&2; exit 1");
    assert.deepEqual(unreadable, { text: "kdap: not a dump\n", isOpen: false });
    const partly = await shown("partly", "echo Windows; echo 'no thread' >&2; exit 1");
    assert.deepEqual(partly, { text: "Windows\n\nno thread\n", isOpen: true });
});

test("an analysis that breaks off says so, and there is nothing to debug", options, async () => {
    for (const [name, script, why] of [
        ["crashed", "echo half; kill -SEGV $$", /^half\n\nkdap .* ended unexpectedly: it was ended by SIGSEGV/],
        ["panicked", "echo half; echo panic >&2; exit 101", /^half\n\npanic\n\nkdap .*: exit code 101/],
    ] as const) {
        const { text, isOpen } = await shown(name, script);
        assert.match(text, why);
        assert.equal(isOpen, false);
    }
});

test("kdap doesn't outlive the page", options, async () => {
    const closed = new AbortController();
    const begin = Date.now();
    const showing = shown("slow", "exec sleep 60", closed.signal);
    closed.abort();
    assert.equal((await showing).isOpen, false);
    assert.ok(Date.now() - begin < 30_000);
});
