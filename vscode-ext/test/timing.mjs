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
/** The extension, as VS Code shows it. */
const NAME = JSON.parse(fs.readFileSync(path.join(here, "../package.json"), "utf8")).displayName;
const ACTIVATIONS = 5;
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
    print("kdap", dump, await measure(harness, kdapOnDump(kdap, vsix, dump)));
    console.log(`activation: median ${median(await activations(harness, kdap, vsix))} ms`);
    const lldb = LLDB.map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim()).find(Boolean);
    if (!lldb) {
        console.log(`skipped: none of ${LLDB.join(", ")} is installed`);
        return;
    }
    const core = lldbOnCore(lldb, fs.statSync(dump).size);
    print(path.basename(lldb), core.core, await measure(harness, core));
}

/** A folder for one debugger: its extension, and a workspace with one configuration. */
function laidOut(name, configuration) {
    const folder = path.join(temporary, name);
    const workspace = path.join(folder, "workspace");
    fs.mkdirSync(path.join(workspace, ".vscode"), { recursive: true });
    fs.writeFileSync(
        path.join(workspace, ".vscode/launch.json"),
        JSON.stringify({ version: "0.2.0", configurations: [configuration] }),
    );
    fs.writeFileSync(
        path.join(workspace, "timing.json"),
        JSON.stringify({ type: configuration.type, runs: +options.runs }),
    );
    return { folder, workspace, extension: path.join(folder, "extension") };
}

function kdapOnDump(kdap, vsix, dump) {
    const of = (folder) => path.join(samples, folder);
    const it = laidOut("kdap", {
        type: "kd",
        request: "attach",
        name: "dump",
        dumpFile: dump,
        symbolPath: [of("minint/bin"), of("driver/O0")],
        sourceMap: { "C:\\kdap": root },
    });
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

/** Milliseconds that VS Code says the extension took to activate ("Show Running Extensions"), each in a fresh host. */
async function activations(harness, kdap, vsix) {
    const folder = path.join(temporary, "activation");
    const workspace = path.join(folder, "workspace");
    const out = path.join(folder, "out");
    const data = path.join(folder, "data");
    fs.mkdirSync(workspace, { recursive: true });
    fs.writeFileSync(path.join(workspace, "empty.txt"), "");
    setAdapterPath(data, kdap);
    const rows = ".runtime-extensions-editor .monaco-list-row";
    const steps = [
        { sleep: 4000 },
        { command: "kdap: Show Log" },
        { sleep: 2000 },
        { command: "Developer: Show Running Extensions" },
        { waitFor: { in: rows, has: NAME } },
        { dump: [rows] },
    ];
    const times = [];
    for (let run = 0; run < ACTIVATIONS; run++) {
        const file = path.join(folder, "spec.json");
        const spec = { workspace, out, steps, dataDir: data, height: 2000, vsix: run === 0 ? [vsix] : [] };
        fs.writeFileSync(file, JSON.stringify(spec));
        const log = path.join(folder, "log.txt");
        const status = await drive(harness, "vscode.mjs", [file], { log, timeLimitMs: 300_000 });
        if (status !== 0) throw new Error(`exit status ${status}:\n${fs.readFileSync(log, "utf8")}`);
        const { dumps } = JSON.parse(fs.readFileSync(path.join(out, "result.json"), "utf8"));
        times.push(+/Activation: (\d+)ms/.exec(dumps[rows].find((row) => row.includes(NAME)))[1]);
    }
    return times;
}

function median(times) {
    const sorted = times.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1];
}

function print(name, file, { stopped, shown }) {
    const row = (times) => {
        const [least, most] = [Math.min(...times), Math.max(...times)];
        return `median ${median(times).toFixed(0)} ms (${least.toFixed(0)}-${most.toFixed(0)})`;
    };
    console.log(
        `${name} on ${path.basename(file)} (${fs.statSync(file).size} bytes), ${stopped.length} runs: F5 to stopped ${row(stopped)}, to the focused frame ${row(shown)}`,
    );
}
