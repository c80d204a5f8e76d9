/** What kdap says of a dump. */

import { execFile } from "node:child_process";

/** Milliseconds that it may take. */
const PATIENCE = 60_000;

/** The analysis of the crash as text, or why the dump can't be opened. */
export function analysis(
    kdap: string,
    dump: string,
    symbolPath: string,
    imagePath: string,
): Promise<{ text: string; isOpen: boolean }> {
    const args = ["open", dump, "-y", symbolPath, "-i", imagePath];
    return new Promise((resolve) => {
        const options = { timeout: PATIENCE, maxBuffer: 16 << 20, windowsHide: true };
        const child = execFile(kdap, args, options, (error, stdout, stderr) => {
            const text = [stdout, stderr].filter((text) => text !== "").join("\n");
            resolve({ text: text === "" && error !== null ? error.message : text, isOpen: stdout !== "" });
        });
        child.stdin?.end();
    });
}
