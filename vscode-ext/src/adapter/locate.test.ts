import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { BINARY, locate, type Search } from "./locate";

let root: string;
const place = (folder: string) => path.join(root, folder, BINARY);

before(() => {
    root = mkdtempSync(path.join(tmpdir(), "kdap-locate-"));
    for (const folder of ["bundled", "first", "second", "plain", "empty"]) {
        mkdirSync(path.join(root, folder));
        if (folder !== "empty") {
            writeFileSync(place(folder), "");
            chmodSync(place(folder), folder === "plain" ? 0o644 : 0o755);
        }
    }
});
after(() => {
    rmSync(root, { recursive: true });
});

function search(setting: string, bundled: string, ...onPath: string[]): Search {
    const pathVariable = onPath.map((folder) => path.join(root, folder)).join(path.delimiter);
    return { setting, bundledFolder: path.join(root, bundled), pathVariable, workspaceFolder: root };
}

test("the setting comes before the bundled binary, and that one before the PATH", async () => {
    const found = (folder: string, origin: string) => ({ path: place(folder), origin });
    assert.deepEqual(await locate(search(place("second"), "bundled", "first")), found("second", "setting"));
    assert.deepEqual(await locate(search("", "bundled", "first")), found("bundled", "bundled"));
    assert.deepEqual(await locate(search(" ", "empty", "empty", "first", "second")), found("first", "PATH"));
});

test("a setting is relative to the opened folder, and may name it", async () => {
    for (const setting of [`first/${BINARY}`, `\${workspaceFolder}/first/${BINARY}`]) {
        assert.deepEqual(await locate(search(setting, "empty")), { path: place("first"), origin: "setting" });
    }
});

test("a setting that leads nowhere is told, though there is another binary", async () => {
    const found = await locate(search("nowhere/kdap", "bundled", "first"));
    assert.deepEqual(found, { kind: "settingIsWrong", path: path.join(root, "nowhere/kdap") });
    assert.equal("kind" in (await locate(search("first", "bundled"))), true, "a folder is no binary");
});

test("where nothing is found, what was searched is told", async () => {
    const found = await locate(search("", "empty", "empty"));
    assert.ok("kind" in found && found.kind === "missing");
    assert.equal(found.searched[0], path.join(root, "empty"));
});

test(
    "a file that can't be executed is told, unless there is another one",
    { skip: process.platform === "win32" },
    async () => {
        const alone = await locate(search("", "empty", "plain"));
        assert.deepEqual(alone, { kind: "notExecutable", located: { path: place("plain"), origin: "PATH" } });
        assert.deepEqual(await locate(search("", "empty", "plain", "first")), { path: place("first"), origin: "PATH" });
    },
);
