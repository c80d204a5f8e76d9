// Drives the extension in the real VS Code, headless, by the specs beside this file.
//
//   node test/run.mjs [--short] [--out FOLDER] [--kdap FILE] [--vsix FILE] [SPEC…]
//
// SPEC is a name in specs/ (all of them without one; --short: those that CI runs). A spec is what the harness's
// vscode.mjs takes, with these of its own:
//   files     what the workspace holds: from a path in it to a path in samples/
//   text      further files of the workspace, with their content (a string, or JSON)
//   adapter   what the extension finds as the adapter: a name in adapters.mjs
//   machine   the build of the live driver ("O0", "O2") that runs in the sample kernel; it must still run at the end
//   sessions  how many debug sessions there are to be; dapcheck.py listens to each
//   api       in place of steps: a file in api/ that runs in the extension host
// Placeholders in all its strings: {{workspace}}, {{samples}}, {{adapter}}, {{socket}} (the machine's serial port),
// {{line FILE TEXT}} (the number of the only line of samples/FILE with TEXT).
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { adapters } from "./adapters.mjs";
import { builtAdapter, packagedExtension, samples, tools } from "./build.mjs";
import { findings } from "./dapcheck.mjs";
import { drive, endAll, harnessFolder, setAdapterPath } from "./harness.mjs";
import { hasQemu, switchOn } from "./machine.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const SHORT = ["dump", "live", "missing"];
const TIME_LIMIT_MS = 300_000;

const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
        short: { type: "boolean" },
        out: { type: "string" },
        kdap: { type: "string" },
        vsix: { type: "string" },
    },
});
const all = fs
    .readdirSync(path.join(here, "specs"))
    .map((file) => path.basename(file, ".json"))
    .sort();
const names = positionals.length > 0 ? positionals : options.short ? SHORT : all;
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "kdap-vscode-"));
/** VS Code's own: the extension is installed once for all specs. */
const data = path.join(temporary, "data");
let isInstalled = false;
const machines = new Set();

function cleanUp() {
    endAll();
    for (const machine of machines) machine.switchOff();
    fs.rmSync(temporary, { recursive: true, force: true, maxRetries: 10 });
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
        cleanUp();
        process.exit(130);
    });

try {
    process.exitCode = await main();
} finally {
    cleanUp();
}

async function main() {
    const harness = harnessFolder(tools);
    if (!harness) return 0;
    const kdap = path.resolve(options.kdap ?? builtAdapter());
    const vsix = path.resolve(options.vsix ?? packagedExtension(temporary));
    console.log(`kdap: ${kdap}\nextension: ${vsix} (${fs.statSync(vsix).size} bytes)`);
    const failed = [];
    for (const name of names) {
        const begin = Date.now();
        const problem = await runSpec(name, { harness, kdap, vsix }).catch((error) => `${error.stack}`);
        const seconds = ((Date.now() - begin) / 1000).toFixed(1);
        console.log(`${problem ? "FAILED" : "ok"}  ${name}  ${seconds} s${problem ? `\n${problem}` : ""}`);
        if (problem) failed.push(name);
    }
    console.log(failed.length > 0 ? `failed: ${failed.join(", ")}` : `${names.length} specs passed`);
    return failed.length > 0 ? 1 : 0;
}

/** Resolves to what is wrong, or to nothing. */
async function runSpec(name, { harness, kdap, vsix }) {
    const source = fs.readFileSync(path.join(here, "specs", `${name}.json`), "utf8");
    const folder = path.join(temporary, name);
    const workspace = path.join(folder, "workspace");
    const out = options.out ? path.resolve(options.out, name) : path.join(folder, "out");
    for (const made of [workspace, out]) fs.mkdirSync(made, { recursive: true });
    for (const old of fs.readdirSync(out)) fs.rmSync(path.join(out, old), { recursive: true, force: true });

    const { machine: build, adapter: kind = "checked", sessions = 0 } = JSON.parse(source);
    if (build && !hasQemu()) {
        console.log(`skipped: ${name}: there is no qemu-system-x86_64`);
        return undefined;
    }
    const dapcheck = [path.join(tools, "dapcheck/dapcheck.py")].find((tool) => fs.existsSync(tool));
    const adapter = adapters[kind]({ folder, kdap, dapcheck, out });
    const machine = build && switchOn(samples, build, folder);
    if (machine) machines.add(machine);
    try {
        if (machine) await machine.boot();
        const spec = filled(JSON.parse(source), { workspace, samples, adapter, socket: machine?.socket });
        for (const [to, from] of Object.entries(spec.files ?? {}))
            fs.cpSync(path.join(samples, from), path.join(workspace, to), { recursive: true });
        for (const [to, text] of Object.entries(spec.text ?? {})) {
            fs.mkdirSync(path.dirname(path.join(workspace, to)), { recursive: true });
            fs.writeFileSync(path.join(workspace, to), typeof text === "string" ? text : JSON.stringify(text, null, 2));
        }
        setAdapterPath(data, adapter);
        const log = path.join(out, "log.txt");
        const status = spec.api
            ? await runInHost(spec.api, { harness, workspace, folder, vsix, log })
            : await runSteps(spec, { harness, workspace, folder, vsix, out, log });
        const problems =
            status === 0
                ? []
                : [`exit status ${status ?? "none: it took too long"}; the last lines of ${log}:\n${lastLines(log)}`];
        if (dapcheck && kind === "checked") {
            const found = await findings(out);
            if (found.sessions < sessions)
                problems.push(`${found.sessions} debug sessions, where there are to be ${sessions}`);
            problems.push(...found.failed.map((text) => `dapcheck: ${text}`));
            for (const text of found.warnings) console.log(`  dapcheck warns: ${text}`);
        }
        if (machine) await machine.mustRun().catch((error) => problems.push(error.message));
        return problems.join("\n");
    } finally {
        if (machine) {
            machine.switchOff();
            machines.delete(machine);
        }
    }
}

/** Drives the workbench. */
function runSteps(spec, { harness, workspace, folder, vsix, out, log }) {
    const file = path.join(folder, "spec.json");
    const installed = isInstalled ? [] : [vsix];
    isInstalled = true;
    fs.writeFileSync(file, JSON.stringify({ ...spec, workspace, out, vsix: installed, dataDir: data }));
    return drive(harness, "vscode.mjs", [file], { log, timeLimitMs: TIME_LIMIT_MS });
}

/** Runs a test beside the extension, in VS Code's extension host. */
function runInHost(api, { harness, workspace, folder, vsix, log }) {
    execFileSync("python3", ["-m", "zipfile", "-e", vsix, folder]);
    const where = [
        "--ext",
        path.join(folder, "extension"),
        "--tests",
        path.join(here, "api", api),
        "--workspace",
        workspace,
    ];
    return drive(harness, "exttest.mjs", [...where, "--data", data], { log, timeLimitMs: TIME_LIMIT_MS });
}

/** The value with all placeholders in its strings filled; a string that is a `{{line …}}` alone becomes a number. */
function filled(value, values) {
    if (typeof value === "string") {
        const line = /^\{\{line (\S+) (.*)\}\}$/.exec(value);
        if (line) return lineOf(line[1], line[2]);
        return value.replaceAll(/\{\{(\w+)\}\}/g, (_, name) => {
            if (values[name] === undefined) throw new Error(`no value for {{${name}}}`);
            return values[name];
        });
    }
    if (Array.isArray(value)) return value.map((element) => filled(element, values));
    if (value && typeof value === "object")
        return Object.fromEntries(
            Object.entries(value).map(([key, element]) => [filled(key, values), filled(element, values)]),
        );
    return value;
}

function lineOf(file, text) {
    const lines = fs.readFileSync(path.join(samples, file), "utf8").split("\n");
    const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
    if (found.length !== 1) throw new Error(`${JSON.stringify(text)} is on lines ${found} of samples/${file}`);
    return found[0];
}

function lastLines(file) {
    return fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(-20).join("\n");
}
