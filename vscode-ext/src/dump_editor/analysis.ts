/** What kdap says of a dump. */

import { execFile, type ExecFileException } from "node:child_process";
import { type Ending, message } from "../adapter/problem";

/** Milliseconds that it may take. */
const PATIENCE = 60_000;
/** Its exit code when it couldn't open the dump, or a command failed: it has said why. */
const FAILURE = 1;

/** Where things are, as kdap's options say it. */
export interface Paths {
    readonly symbolPath: string;
    readonly imagePath: string;
}

/** The analysis of the crash as text, or why there is none; kdap is ended when `signal` says so. */
export function analysis(
    kdap: string,
    dump: string,
    { symbolPath, imagePath }: Paths,
    signal: AbortSignal,
): Promise<{ text: string; isOpen: boolean }> {
    const args = ["open", dump, "-y", symbolPath, "-i", imagePath];
    return new Promise((resolve) => {
        const options = { timeout: PATIENCE, maxBuffer: 16 << 20, windowsHide: true, signal };
        const child = execFile(kdap, args, options, (error, stdout, stderr) => {
            const stopped = whyStopped(kdap, error, stderr);
            const text = [stdout, stderr, stopped].filter((text) => text !== undefined && text !== "").join("\n");
            resolve({ text, isOpen: stopped === undefined && stdout !== "" });
        });
        child.stdin?.end();
    });
}

/** Why kdap ended before it had said everything; nothing if it had no more to say. */
function whyStopped(kdap: string, error: ExecFileException | null, stderr: string): string | undefined {
    if (error === null || (error.code === FAILURE && stderr !== "")) {
        return undefined;
    }
    const { code, signal } = error;
    const ending: Ending = { code: typeof code === "number" ? code : null, signal: signal ?? null, stderr: "" };
    const why =
        error.killed === true
            ? `it took longer than ${PATIENCE / 1000} s`
            : typeof code === "string"
              ? error.message
              : undefined;
    return message({ kind: "died", path: kdap, ending: why === undefined ? ending : { ...ending, error: why } });
}
