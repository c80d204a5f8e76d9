import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import type { AdapterProblem, Located } from "./problem";
import { message } from "./problem";
import { checkVersion, isAtLeast, NEEDED, parseVersion } from "./version";

const root = mkdtempSync(path.join(tmpdir(), "kdap-version-"));
after(() => {
    rmSync(root, { recursive: true });
});
const options = { skip: process.platform === "win32" && "the binaries of this test are shell scripts" };

/** A binary that does what the script says. */
function binary(script: string): Located {
    const file = path.join(root, `kdap-${Math.random().toString(36).slice(2)}`);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return { path: file, origin: "setting" };
}

async function problem(located: Located): Promise<AdapterProblem> {
    const found = await checkVersion(located);
    assert.ok(typeof found !== "string", `taken as version ${JSON.stringify(found)}`);
    return found;
}

test("versions are compared number by number", () => {
    for (const [version, needed, expected] of [
        ["0.1.0", "0.1.0", true],
        ["0.10.0", "0.9.9", true],
        ["1.0.0", "0.9.9", true],
        ["0.1.0-dev", "0.1.0", true],
        ["0.0.9", "0.1.0", false],
        ["0.9.9", "1.0.0", false],
    ] as const) {
        assert.equal(isAtLeast(version, needed), expected, `${version} for ${needed}`);
    }
    assert.equal(parseVersion("kdap 0.1.0-dev\n"), "0.1.0-dev");
    assert.equal(parseVersion("codelldb 1.0.0"), undefined);
});

test("a binary that is new enough is taken", options, async () => {
    assert.equal(await checkVersion(binary(`echo kdap ${NEEDED}`)), NEEDED);
});

test("what is wrong with a binary is told with its path and what to do", options, async () => {
    for (const [script, kind, said] of [
        ["echo kdap 0.0.1", "tooOld", /is kdap 0\.0\.1; this extension needs/],
        ["echo GNU cat", "notKdap", /isn't kdap: asked for its version, it said "GNU cat"/],
        ["echo bad library >&2; exit 127", "cannotStart", /doesn't start: exit code 127; it said "bad library"/],
        ["kill -9 $$", "cannotStart", /doesn't start: it was ended by SIGKILL/],
    ] as const) {
        const located = binary(script);
        const found = await problem(located);
        assert.equal(found.kind, kind, script);
        assert.match(message(found), said);
        assert.ok(message(found).includes(located.path) && message(found).includes("kdap.adapterPath"), message(found));
    }
});

test("a file that is no program can't be started", options, async () => {
    const located = binary("");
    writeFileSync(located.path, "\u007fELF nonsense");
    assert.equal((await problem(located)).kind, "cannotStart");
    assert.equal((await problem({ path: path.join(root, "nothing"), origin: "PATH" })).kind, "cannotStart");
});
