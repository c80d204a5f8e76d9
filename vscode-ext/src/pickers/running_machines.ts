/** Serial lines of virtual machines, as their processes' command lines name them. */

import { posix } from "node:path";
import { quoted } from "../configurations/connection_text";

/** Where a machine's serial line ends, in the words of a connection string. */
export interface MachineLine {
    /** `unix:/tmp/kd`, `tcp:localhost:4555`. */
    readonly connection: string;
    /** The socket's file, if it is one. */
    readonly socket?: string;
    /** The machine's name, or what runs it. */
    readonly machine: string;
    /** The process; 0 if it isn't known. */
    readonly pid: number;
}

/** A process, with its arguments. */
export interface Process {
    readonly pid: number;
    readonly arguments: readonly string[];
    /** The folder that it runs in, if that is known. */
    readonly folder?: string;
}

/** The lines that this process serves: QEMU's, also those that libvirt started. */
export function machineLines(process: Process): MachineLine[] {
    const [program = "", ...rest] = process.arguments;
    const name = program.split(/[/\\]/).pop() ?? "";
    if (!/^(qemu-system-|qemu-kvm|kvm$)/.test(name)) {
        return [];
    }
    const options = pairs(rest);
    const machine = machineName(options) ?? name;
    // A daemon has left the folder that it was started in.
    const folder = rest.some((option) => /^--?daemonize$/.test(option)) ? undefined : process.folder;
    const lines: MachineLine[] = [];
    for (const [option, value] of options) {
        const end = option === "serial" ? fromSerial(value) : option === "chardev" ? fromChardev(value) : undefined;
        const line = end === undefined ? undefined : seenFrom(folder, end);
        if (line !== undefined) {
            lines.push({ ...line, machine, pid: process.pid });
        }
    }
    return lines;
}

/** `-option value` and `--option value`, in order. */
function pairs(args: readonly string[]): [string, string][] {
    return args.flatMap((option, index): [string, string][] => {
        const value = args[index + 1];
        return option.startsWith("-") && value !== undefined ? [[option.replace(/^--?/, ""), value]] : [];
    });
}

/** `-name win11`, `-name guest=win11,debug-threads=on`. */
function machineName(options: readonly [string, string][]): string | undefined {
    const value = options.find(([option]) => option === "name")?.[1];
    if (value === undefined) {
        return undefined;
    }
    const properties = split(value);
    return properties.find((property) => property.startsWith("guest="))?.slice("guest=".length) ?? properties[0];
}

type End = Pick<MachineLine, "connection" | "socket">;

/** `unix:/tmp/kd,server=on,wait=off`, `tcp:127.0.0.1:4555,server=on`, `mon:unix:…`. */
function fromSerial(value: string): End | undefined {
    const [address = "", ...properties] = split(value.replace(/^mon:/, ""));
    if (!isServer(properties)) {
        return undefined;
    }
    if (address.startsWith("unix:")) {
        return unix(address.slice("unix:".length));
    }
    const tcp = /^tcp:(.*):(\d+)$/.exec(address);
    return tcp === null ? undefined : tcpEnd(tcp[1] ?? "", tcp[2] ?? "");
}

/** `socket,id=charserial0,path=/tmp/kd,server=on,wait=off`. Monitors and guest agents have sockets of the same kind. */
function fromChardev(value: string): End | undefined {
    const [backend, ...properties] = split(value);
    const get = (key: string) => properties.find((property) => property.startsWith(`${key}=`))?.slice(key.length + 1);
    if (
        backend !== "socket" ||
        !isServer(properties) ||
        /mon|qmp|agent|channel|vhost|tpm|spice/i.test(get("id") ?? "")
    ) {
        return undefined;
    }
    const [socket, port] = [get("path"), get("port")];
    return socket !== undefined ? unix(socket) : port === undefined ? undefined : tcpEnd(get("host") ?? "", port);
}

/** A socket with a relative path is one in the folder of the process: where that isn't known, nor is the socket. */
function seenFrom(folder: string | undefined, end: End): End | undefined {
    if (end.socket === undefined || posix.isAbsolute(end.socket)) {
        return end;
    }
    return folder === undefined ? undefined : unix(posix.join(folder, end.socket));
}

/** QEMU has to be the one that listens. */
function isServer(properties: readonly string[]): boolean {
    return properties.some((property) => property === "server" || property === "server=on");
}

function unix(socket: string): End {
    return { connection: `unix:${quoted(socket)}`, socket };
}

function tcpEnd(host: string, port: string): End {
    const everywhere = ["", "0.0.0.0", "::", "[::]"];
    return { connection: `tcp:${everywhere.includes(host) ? "localhost" : host}:${port}` };
}

/** A value's properties: separated by commas, while two commas are one that belongs to the text. */
function split(value: string): string[] {
    return value.match(/(?:[^,]|,,)+/g)?.map((property) => property.replaceAll(",,", ",")) ?? [];
}

/** The processes in the output of `ps -axww -o pid=,args=`, which doesn't keep arguments apart that have blanks. */
export function parsePs(output: string): Process[] {
    return output.split("\n").flatMap((line): Process[] => {
        const [, pid, args] = /^\s*(\d+)\s+(\S.*)$/.exec(line) ?? [];
        return pid === undefined || args === undefined
            ? []
            : [{ pid: Number(pid), arguments: args.trim().split(/\s+/) }];
    });
}

/** The sockets of serial ports in the output of `VBoxManage showvminfo NAME --machinereadable`. */
export function parseShowVmInfo(output: string): MachineLine[] {
    const get = (key: string) => new RegExp(`^${key}="(.*)"\\r?$`, "m").exec(output)?.[1];
    const machine = get("name") ?? "VirtualBox";
    return [1, 2, 3, 4].flatMap((uart): MachineLine[] => {
        const [mode, ...address] = get(`uartmode${uart}`)?.split(",") ?? [];
        const end = address.join(",");
        if (mode === "server" && end.startsWith("/")) {
            return [{ ...unix(end), machine, pid: 0 }];
        }
        return mode === "tcpserver" ? [{ ...tcpEnd("", end), machine, pid: 0 }] : [];
    });
}

/** The sockets of serial ports in the output of `virsh dumpxml NAME`: QEMU gets those as open files, without a name. */
export function parseDomainXml(xml: string): MachineLine[] {
    const machine = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? "libvirt";
    return [...xml.matchAll(/<serial type=['"](unix|tcp)['"]>(.*?)<\/serial>/gs)].flatMap((serial): MachineLine[] => {
        const source = /<source\s([^>]*)>/.exec(serial[2] ?? "")?.[1] ?? "";
        const get = (key: string) => new RegExp(`\\b${key}=['"]([^'"]*)['"]`).exec(source)?.[1] ?? "";
        if (get("mode") !== "bind") {
            return [];
        }
        const end = serial[1] === "unix" ? unix(get("path")) : tcpEnd(get("host"), get("service"));
        return [{ ...end, machine, pid: 0 }];
    });
}
