/** Looks for virtual machines that run here and for their serial lines. */

import { execFile } from "node:child_process";
import { readdir, readFile, readlink } from "node:fs/promises";
import { promisify } from "node:util";
import {
    machineLines,
    type MachineLine,
    parseDomainXml,
    parsePs,
    parseShowVmInfo,
    type Process,
} from "./running_machines";

const run = promisify(execFile);
/** Milliseconds that a tool may take. */
const PATIENCE = 5000;

/** The lines of all machines that can be seen. What can't be asked has none. */
export async function findMachines(): Promise<MachineLine[]> {
    const [processes, virtualBox, libvirt] = await Promise.all([findProcesses(), findVirtualBox(), findLibvirt()]);
    const lines = [...processes.flatMap(machineLines), ...virtualBox, ...libvirt];
    const isFirst = (line: MachineLine, index: number) =>
        lines.findIndex((other) => other.connection === line.connection) === index;
    return lines.filter(isFirst);
}

async function findProcesses(): Promise<Process[]> {
    switch (process.platform) {
        case "win32":
            return [];
        case "linux":
            return readProc();
        default:
            return parsePs(await output("ps", "-axww", "-o", "pid=,args="));
    }
}

async function readProc(): Promise<Process[]> {
    const entries = await readdir("/proc").catch(() => []);
    const pids = entries.map(Number).filter(Number.isInteger);
    const processes = await Promise.all(
        pids.map(async (pid): Promise<Process[]> => {
            const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
            if (text === "") {
                return [];
            }
            const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
            return [{ pid, arguments: text.split("\0").slice(0, -1), ...(folder === undefined ? {} : { folder }) }];
        }),
    );
    return processes.flat();
}

async function findVirtualBox(): Promise<MachineLine[]> {
    const running = await output("VBoxManage", "list", "runningvms");
    const ids = [...running.matchAll(/\{([0-9a-f-]+)\}\s*$/gim)].map((match) => match[1] ?? "");
    const infos = await Promise.all(ids.map((id) => output("VBoxManage", "showvminfo", id, "--machinereadable")));
    return infos.flatMap(parseShowVmInfo);
}

/** The machines of the system and those of the user. */
async function findLibvirt(): Promise<MachineLine[]> {
    const lines = ["qemu:///system", "qemu:///session"].map(async (uri) => {
        const virsh = (...args: string[]) => output("virsh", "--readonly", "--connect", uri, ...args);
        const names = (await virsh("list", "--name")).split(/\r?\n/).filter((name) => name.trim() !== "");
        const domains = await Promise.all(names.map((name) => virsh("dumpxml", name)));
        return domains.flatMap(parseDomainXml);
    });
    return (await Promise.all(lines)).flat();
}

/** What a tool prints; nothing if there is no such tool, or it fails. */
async function output(tool: string, ...args: string[]): Promise<string> {
    try {
        return (await run(tool, args, { timeout: PATIENCE, maxBuffer: 16 << 20, windowsHide: true })).stdout;
    } catch {
        return "";
    }
}
