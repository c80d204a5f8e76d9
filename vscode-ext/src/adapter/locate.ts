/** Finds kdap's binary: where the setting says, beside the extension, on the PATH. */

import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import type { AdapterProblem, Located } from "./problem";

/** Where to look. */
export interface Search {
    /** `kdap.adapterPath`; empty if it isn't set. */
    readonly setting: string;
    /** The extension's own folder for the binary. */
    readonly bundledFolder: string;
    /** The PATH variable. */
    readonly pathVariable: string;
    /** The folder that a relative setting is relative to, if one is open. */
    readonly workspaceFolder?: string;
}

/** The name of the binary on this system. */
export const BINARY = process.platform === "win32" ? "kdap.exe" : "kdap";

/**
 * The first binary that is there. A setting that leads nowhere is a problem, rather than a reason to take another one
 * than the user asked for.
 */
export async function locate(search: Search): Promise<Located | AdapterProblem> {
    const setting = search.setting.trim();
    if (setting !== "") {
        const file = absolute(setting, search.workspaceFolder);
        return (await isFile(file))
            ? executable({ path: file, origin: "setting" })
            : { kind: "settingIsWrong", path: file };
    }
    const bundled = path.join(search.bundledFolder, BINARY);
    if (await isFile(bundled)) {
        return executable({ path: bundled, origin: "bundled" });
    }
    let unusable: AdapterProblem | undefined;
    for (const folder of search.pathVariable.split(path.delimiter).filter((folder) => folder !== "")) {
        const file = path.join(folder, BINARY);
        if (await isFile(file)) {
            const found = await executable({ path: file, origin: "PATH" });
            if (!("kind" in found)) {
                return found;
            }
            unusable ??= found;
        }
    }
    return unusable ?? { kind: "missing", searched: [search.bundledFolder, "the folders of the PATH"] };
}

/** The setting as an absolute path: `~` and `${workspaceFolder}` are taken. */
function absolute(setting: string, workspaceFolder: string | undefined): string {
    const folder = workspaceFolder ?? homedir();
    const file = setting.replace(/^~(?=[/\\]|$)/, homedir()).replaceAll("${workspaceFolder}", folder);
    return path.resolve(folder, file);
}

async function isFile(file: string): Promise<boolean> {
    try {
        return (await stat(file)).isFile();
    } catch {
        return false;
    }
}

async function executable(located: Located): Promise<Located | AdapterProblem> {
    try {
        await access(located.path, constants.X_OK);
        return located;
    } catch {
        return { kind: "notExecutable", located };
    }
}
