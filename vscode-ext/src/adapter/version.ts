/** Asks a binary for its version, which shows whether it starts, whether it is kdap, and whether it is new enough. */

import { execFile } from "node:child_process";
import type { AdapterProblem, Located } from "./problem";

/** The oldest kdap that has the requests which the extension sends. */
export const NEEDED = "0.1.0";
/** Milliseconds that it may take to say its version: a virus scanner may look at it first. */
const PATIENCE = 15_000;

/** Its version, or what is wrong with it. */
export async function checkVersion(located: Located): Promise<string | AdapterProblem> {
    const { said, ending } = await ask(located.path);
    if (ending !== undefined) {
        return { kind: "cannotStart", located, ending };
    }
    const version = parseVersion(said);
    if (version === undefined) {
        return { kind: "notKdap", located, said };
    }
    return isAtLeast(version, NEEDED) ? version : { kind: "tooOld", located, version, needed: NEEDED };
}

/** The version in `kdap 0.1.0`. */
export function parseVersion(said: string): string | undefined {
    return /^kdap (\d+\.\d+\.\d+\S*)/.exec(said.trim())?.[1];
}

/** Whether one version is another one or later. What stands behind the three numbers makes no difference. */
export function isAtLeast(version: string, needed: string): boolean {
    const numbers = (text: string) => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? "0").split(".").map(Number);
    const [has, needs] = [numbers(version), numbers(needed)];
    for (let part = 0; part < needs.length; part++) {
        const difference = (has[part] ?? 0) - (needs[part] ?? 0);
        if (difference !== 0) {
            return difference > 0;
        }
    }
    return true;
}

interface Answer {
    readonly said: string;
    readonly ending?: Extract<AdapterProblem, { kind: "cannotStart" }>["ending"];
}

function ask(file: string): Promise<Answer> {
    return new Promise((resolve) => {
        execFile(file, ["--version"], { timeout: PATIENCE, windowsHide: true }, (error, stdout, stderr) => {
            if (error === null) {
                resolve({ said: stdout });
                return;
            }
            if (error.killed === true) {
                const late = `it gave no answer within ${PATIENCE / 1000} seconds`;
                resolve({ said: stdout, ending: { code: null, signal: null, stderr, error: late } });
                return;
            }
            // `code` is a word where the process was never started.
            const code = typeof error.code === "number" ? error.code : null;
            const signal = error.signal ?? null;
            const ending = { code, signal, stderr };
            const started = code !== null || signal !== null;
            resolve({ said: stdout, ending: started ? ending : { ...ending, error: error.message } });
        });
    });
}
