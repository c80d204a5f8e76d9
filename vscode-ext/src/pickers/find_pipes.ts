/** Named pipes of Windows. */

import { readdir } from "node:fs/promises";

/** Every pipe's folder. */
export const PIPES = "\\\\.\\pipe\\";

/** The pipes that exist, those that look like a virtual machine's serial port first. */
export async function findPipes(): Promise<string[]> {
    const names = await readdir(PIPES).catch(() => []);
    return inOrder(names).map((name) => PIPES + name);
}

/** Names with `kd`, `com1`, `serial`, `debug` and the like first; both parts by alphabet. */
export function inOrder(names: readonly string[]): string[] {
    const likely = (name: string) => /(^|[^a-z])(kd|com\d|uart\d?|serial|debug|dbg|windbg)/i.test(name);
    const compare = (a: string, b: string) => Number(likely(b)) - Number(likely(a)) || a.localeCompare(b);
    return [...names].sort(compare);
}
