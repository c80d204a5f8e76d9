/** Serial ports of this machine. */

import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";

/** `COM1`, `/dev/ttyUSB0`, …: those that exist. */
export async function findSerialPorts(): Promise<string[]> {
    if (process.platform === "win32") {
        const key = "HKLM\\HARDWARE\\DEVICEMAP\\SERIALCOMM";
        const query = promisify(execFile)("reg", ["query", key], { windowsHide: true });
        return query.then(({ stdout }) => parseRegistry(stdout)).catch(() => []);
    }
    const devices = await readdir("/dev").catch(() => []);
    return inOrder(devices.filter(isSerialPort)).map((device) => `/dev/${device}`);
}

/** Whether a device is one that a cable goes to, rather than a console. */
export function isSerialPort(device: string): boolean {
    return /^(ttyUSB|ttyACM|ttyS|ttyAMA|cu\.)\w/.test(device);
}

/** The values of the registry's list of serial ports. */
export function parseRegistry(output: string): string[] {
    return inOrder([...output.matchAll(/REG_SZ\s+(COM\d+)\s*$/gm)].map((match) => match[1] ?? ""));
}

/** Adapters before built-in ports, which on Linux are there whether they exist or not; numbers as numbers. */
function inOrder(ports: readonly string[]): string[] {
    const compare = new Intl.Collator("en", { numeric: true });
    const isBuiltIn = (port: string) => /^tty(S|AMA)/.test(port);
    return [...ports].sort((a, b) => Number(isBuiltIn(a)) - Number(isBuiltIn(b)) || compare.compare(a, b));
}
