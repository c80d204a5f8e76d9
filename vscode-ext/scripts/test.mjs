// Runs the unit tests (`src/**/*.test.ts`) with node's own runner. They need no `vscode` module.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";

const tests = readdirSync("src", { recursive: true }).filter((file) => file.endsWith(".test.ts"));
rmSync("out", { recursive: true, force: true });
await esbuild.build({
    entryPoints: tests.map((file) => path.join("src", file)),
    outdir: "out",
    outbase: "src",
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    sourcemap: "inline",
    logLevel: "warning",
});
const built = tests.map((file) => path.join("out", file.replace(/\.ts$/, ".js")));
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...built], { stdio: "inherit" });
process.exit(status ?? 1);
