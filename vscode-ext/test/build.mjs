// What is tested: the adapter and the extension as users get them, and where the things of the tests are.
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const extension = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
/** The repository. */
export const root = path.join(extension, "..");
export const samples = path.join(root, "samples");
/** Optional, beside the repository: the harness with the real VS Code, and dapcheck.py. */
export const tools = path.join(root, "../shared/tools");

/** Builds the adapter as users get it, and returns its path. */
export function builtAdapter() {
    const { status } = spawnSync("cargo", ["build", "--quiet", "--release", "-p", "kdap"], {
        cwd: root,
        stdio: "inherit",
    });
    if (status !== 0) throw new Error("the adapter does not build");
    const metadata = JSON.parse(
        execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps", "--offline"], {
            cwd: root,
            maxBuffer: 1 << 26,
        }),
    );
    return path.join(metadata.target_directory, "release", process.platform === "win32" ? "kdap.exe" : "kdap");
}

/** Packages the extension into a folder, and returns the .vsix. */
export function packagedExtension(folder) {
    const vsix = path.join(folder, "kdap.vsix");
    const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/package.mjs", "--out", vsix], {
        cwd: extension,
        encoding: "utf8",
    });
    if (status !== 0) throw new Error(`the extension can't be packaged (npm ci first?):\n${stdout}${stderr}`);
    return vsix;
}
