// Bundles the extension: `node scripts/build.mjs [--watch]`.
import * as esbuild from "esbuild";

const options = {
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    bundle: true,
    minify: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
    legalComments: "none",
    logLevel: "warning",
};

if (process.argv.includes("--watch")) {
    const context = await esbuild.context({ ...options, minify: false, sourcemap: true });
    await context.watch();
} else {
    await esbuild.build(options);
}
