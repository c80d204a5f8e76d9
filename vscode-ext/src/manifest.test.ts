import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Manifest {
    version: string;
    capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
    contributes: { configuration: { properties: object }; commands: { command: string }[] };
}

// `npm test` runs in the extension's folder.
const text = readFileSync("package.json", "utf8");
const manifest = JSON.parse(text) as Manifest;
const extension = readFileSync("src/extension.ts", "utf8");

/** The commands that a text names, each once. */
function named(text: string, pattern: RegExp): string[] {
    return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))].sort();
}

test("every command that the manifest names is registered, and every registered one is named", () => {
    const inManifest = named(text, /(?:"command": "|\$\{command:)(kd\.\w+)/g);
    const registered = named(extension, /(?:registerCommand|forSession)\("(kd\.\w+)"/g);
    assert.deepEqual(registered, inManifest);
    assert.ok(registered.length > 10, registered.join());
});

test("every command in a menu has a title", () => {
    const titled = manifest.contributes.commands.map(({ command }) => command).sort();
    assert.deepEqual(titled, named(text, /"command": "(kd\.\w+)"/g));
});

test("a workspace that isn't trusted doesn't say what runs or which files are read", () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    const settings = Object.keys(manifest.contributes.configuration.properties);
    assert.deepEqual(
        settings.filter((setting) => !restricted.includes(setting)),
        ["kdap.trace"],
    );
});

test("this version's changes are in the changelog", () => {
    assert.ok(readFileSync("CHANGELOG.md", "utf8").includes(`## ${manifest.version}\n`));
});
