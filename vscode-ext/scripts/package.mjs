// Makes the .vsix: `node scripts/package.mjs [--target linux-x64 --binary PATH] [--out FILE]`.
// With a binary, it goes into bin/ of a package for that platform alone; without one, the package fits every platform
// and finds kdap by its setting or on the PATH.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
    options: { target: { type: "string" }, binary: { type: "string" }, out: { type: "string" } },
});
if ((options.target === undefined) !== (options.binary === undefined)) {
    throw new Error("--target and --binary go together");
}

const licences = ["../LICENSE-MIT", "../LICENSE-APACHE"].map((file) => readFileSync(file, "utf8").trim());
const separator = `\n\n${"-".repeat(80)}\n\n`;
writeFileSync(
    "LICENSE.txt",
    ["Under either of the two licences below, as you like.", ...licences].join(separator) + "\n",
);

rmSync("bin", { recursive: true, force: true });
if (options.binary !== undefined) {
    mkdirSync("bin");
    const bundled = path.join("bin", options.target.startsWith("win32") ? "kdap.exe" : "kdap");
    copyFileSync(options.binary, bundled);
    chmodSync(bundled, 0o755);
}

// Not through npm: that is a batch file on Windows, which Node doesn't start without a shell.
const vsce = createRequire(import.meta.url).resolve("@vscode/vsce/vsce");
const vscePackage = [vsce, "package", "--no-dependencies", "--allow-missing-repository"];
const target = options.target === undefined ? [] : ["--target", options.target];
const out = options.out === undefined ? [] : ["--out", options.out];
const { status, error } = spawnSync(process.execPath, [...vscePackage, ...target, ...out], { stdio: "inherit" });
rmSync("bin", { recursive: true, force: true });
if (error !== undefined) {
    throw error;
}
process.exit(status ?? 1);
