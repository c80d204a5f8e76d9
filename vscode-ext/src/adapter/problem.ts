/** What can be wrong with the adapter, kdap's binary, and what the user reads then. */

/** Where the path of a binary comes from. */
export type Origin = "setting" | "bundled" | "PATH";

/** A binary that should be the adapter. */
export interface Located {
    readonly path: string;
    readonly origin: Origin;
}

/** How a process ended. */
export interface Ending {
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    /** Why it couldn't be started, or what it said that isn't the protocol. */
    readonly error?: string;
    /** The last of what it wrote to standard error. */
    readonly stderr: string;
}

/** Why there is no adapter to talk to. */
export type AdapterProblem =
    /** Nothing of that name anywhere. */
    | { readonly kind: "missing"; readonly searched: readonly string[] }
    /** The setting names a file that isn't there. */
    | { readonly kind: "settingIsWrong"; readonly path: string }
    | { readonly kind: "notExecutable"; readonly located: Located }
    /** It runs, but doesn't say that it is kdap. */
    | { readonly kind: "notKdap"; readonly located: Located; readonly said: string }
    | { readonly kind: "tooOld"; readonly located: Located; readonly version: string; readonly needed: string }
    /** It can't say its version. */
    | { readonly kind: "cannotStart"; readonly located: Located; readonly ending: Ending }
    /** It ended, or was ended, before its work was done. */
    | { readonly kind: "died"; readonly path: string; readonly ending: Ending };

/** What the user can do about it, as the buttons are labelled. */
export type Action = "Open Settings" | "Show Log";

/** The setting that names the binary. */
export const PATH_SETTING = "kdap.adapterPath";

/** What is wrong, where, and what to do. */
export function message(problem: AdapterProblem): string {
    switch (problem.kind) {
        case "missing":
            return `kdap, the debug adapter, was found neither in ${problem.searched.join(" nor in ")}. Install it, or set ${PATH_SETTING} to its path.`;
        case "settingIsWrong":
            return `${PATH_SETTING} is ${problem.path}, and there is no such file. Set it to kdap's path, or clear it to search for kdap.`;
        case "notExecutable":
            return `${problem.located.path}${origin(problem.located)} can't be executed. Make it executable (chmod +x), or set ${PATH_SETTING} to another one.`;
        case "notKdap":
            return `${problem.located.path}${origin(problem.located)} isn't kdap: asked for its version, it said ${quote(problem.said)}. Set ${PATH_SETTING} to kdap's path.`;
        case "tooOld":
            return `${problem.located.path}${origin(problem.located)} is kdap ${problem.version}; this extension needs ${problem.needed} or later. Update it, or set ${PATH_SETTING} to a newer one.`;
        case "cannotStart":
            return `${problem.located.path}${origin(problem.located)} doesn't start: ${describe(problem.ending)}. Install kdap again, or set ${PATH_SETTING} to another one.`;
        case "died":
            return `kdap (${problem.path}) ended unexpectedly: ${describe(problem.ending)}.`;
    }
}

/** The buttons of the message. */
export function actions(problem: AdapterProblem): readonly Action[] {
    return problem.kind === "died" ? ["Show Log", "Open Settings"] : ["Open Settings", "Show Log"];
}

/** How a process ended, with the last of what it said. */
export function describe(ending: Ending): string {
    const how =
        ending.error ??
        (ending.signal === null ? `exit code ${ending.code ?? "unknown"}` : `it was ended by ${ending.signal}`);
    const said = ending.stderr.trim().split(/\r?\n/).slice(-3).join(" / ");
    return said === "" ? how : `${how}; it said ${quote(said)}`;
}

function origin(located: Located): string {
    switch (located.origin) {
        case "setting":
            return ` (from ${PATH_SETTING})`;
        case "bundled":
            return " (it came with the extension)";
        case "PATH":
            return " (found on the PATH)";
    }
}

function quote(text: string): string {
    const line = text.trim().replaceAll(/\s+/g, " ");
    return `"${line.length > 300 ? `${line.slice(0, 300)}…` : line}"`;
}
