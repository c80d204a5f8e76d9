// F5 to the first stop, in the real VS Code: kdap on the sample dump, beside lldb-dap (Debian's package lldb) on an ELF
// core of the same size. Prints medians, the extension's activation time, and the size of the .vsix.
//
//   node test/timing.mjs [--runs N] [--kdap FILE] [--vsix FILE]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtAdapter, packagedExtension, root, samples, tools } from "./build.mjs";
import { drive, endAll, harnessFolder, setAdapterPath } from "./harness.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const LLDB = ["lldb-dap", "lldb-vscode", "lldb-dap-14", "lldb-vscode-14"];
const { values: options } = parseArgs({
    options: { runs: { type: "string", default: "15" }, kdap: { type: "string" }, vsix: { type: "string" } },
});
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "kdap-timing-"));

function cleanUp() {
    endAll();
    fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 10 });
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
        cleanUp();
        process.exit(130);
    });

try {
    await main();
} finally {
    cleanUp();
}

async function main() {
    const harness = harnessFolder(tools);
    if (!harness) return;
    const kdap = path.resolve(options.kdap ?? builtAdapter());
    const vsix = path.resolve(options.vsix ?? packagedExtension(temporary));
    console.log(`.vsix: ${fs.statSync(vsix).size} bytes`);
    const dump = path.join(samples, "crash/O0.dmp");
    const first = await measure(harness, kdapOnDump(kdap, vsix, dump));
    print("kdap", dump, first);
    console.log(
        `activation: ${first.activate === undefined ? "was active already" : `${first.activate.toFixed(1)} ms`}`,
    );
    const lldb = LLDB.map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim()).find(Boolean);
    if (!lldb) {
        console.log(`skipped: none of ${LLDB.join(", ")} is installed`);
        return;
    }
    const core = lldbOnCore(lldb, fs.statSync(dump).size);
    print(path.basename(lldb), core.core, await measure(harness, core));
}

/** A folder for one debugger: its extension, and a workspace with one configuration. */
function laidOut(name, configuration, times) {
    const folder = path.join(temporary, name);
    const workspace = path.join(folder, "workspace");
    fs.mkdirSync(path.join(workspace, ".vscode"), { recursive: true });
    fs.writeFileSync(
        path.join(workspace, ".vscode/launch.json"),
        JSON.stringify({ version: "0.2.0", configurations: [configuration] }),
    );
    fs.writeFileSync(
        path.join(workspace, "timing.json"),
        JSON.stringify({ type: configuration.type, runs: +options.runs, ...times }),
    );
    return { folder, workspace, extension: path.join(folder, "extension") };
}

function kdapOnDump(kdap, vsix, dump) {
    const of = (folder) => path.join(samples, folder);
    const { publisher, name } = JSON.parse(fs.readFileSync(path.join(here, "../package.json"), "utf8"));
    const it = laidOut(
        "kdap",
        {
            type: "kd",
            request: "attach",
            name: "dump",
            dumpFile: dump,
            symbolPath: [of("minint/bin"), of("driver/O0")],
            sourceMap: { "C:\\kdap": root },
        },
        { extension: `${publisher}.${name}` },
    );
    execFileSync("python3", ["-m", "zipfile", "-e", vsix, it.folder]);
    setAdapterPath(path.join(it.folder, "data"), kdap);
    return it;
}

/** The least extension for lldb-dap, and a core file of about this size. */
function lldbOnCore(lldb, size) {
    const it = laidOut("lldb", {
        type: "lldb-timed",
        request: "attach",
        name: "core",
        program: path.join(temporary, "crash"),
        coreFile: path.join(temporary, "core"),
    });
    fs.mkdirSync(it.extension, { recursive: true });
    fs.writeFileSync(
        path.join(it.extension, "package.json"),
        JSON.stringify({
            name: "lldb-timed",
            publisher: "kdap",
            version: "0.0.1",
            engines: { vscode: "^1.80.0" },
            contributes: {
                debuggers: [{ type: "lldb-timed", label: "lldb", program: lldb }],
                breakpoints: [{ language: "c" }],
            },
        }),
    );
    const dumped = (padding) => {
        execFileSync("gcc", [`-DPADDING=${padding}`, "-g", "-O0", "-o", "crash", path.join(here, "timing/crash.c")], {
            cwd: temporary,
        });
        spawnSync("sh", ["-c", "ulimit -c unlimited; ./crash"], { cwd: temporary });
        return fs.statSync(path.join(temporary, "core")).size;
    };
    dumped(4096 + Math.max(0, size - dumped(4096)));
    return { ...it, core: path.join(temporary, "core") };
}

async function measure(harness, { folder, workspace, extension }) {
    const tests = path.join(here, "timing/first-stop.cjs");
    const log = path.join(folder, "log.txt");
    const status = await drive(
        harness,
        "exttest.mjs",
        [
            "--ext",
            extension,
            "--tests",
            tests,
            "--workspace",
            workspace,
            "--data",
            path.join(folder, "data"),
            "--timeout",
            "240",
        ],
        { log, timeLimitMs: 300_000 },
    );
    if (status !== 0) throw new Error(`exit status ${status}:\n${fs.readFileSync(log, "utf8")}`);
    return JSON.parse(fs.readFileSync(path.join(workspace, "times.json"), "utf8"));
}

function print(name, file, { stopped, shown }) {
    const row = (times) => {
        const sorted = times.toSorted((a, b) => a - b);
        return `median ${sorted[sorted.length >> 1].toFixed(0)} ms (${sorted[0].toFixed(0)}-${sorted.at(-1).toFixed(0)})`;
    };
    console.log(
        `${name} on ${path.basename(file)} (${fs.statSync(file).size} bytes), ${stopped.length} runs: F5 to stopped ${row(stopped)}, to the focused frame ${row(shown)}`,
    );
}
