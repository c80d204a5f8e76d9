/** `kd.pickDump`: the path of a crash dump. */

import * as vscode from "vscode";
import { findDumps } from "./dumps";

/** A dump of the opened folders, or another one; `undefined` when the user gives up. */
export async function pickDump(): Promise<string | undefined> {
    const dumps = await findDumps();
    const browse: vscode.QuickPickItem = { label: "$(folder-opened) Browse…", alwaysShow: true };
    if (dumps.length === 0) {
        return browseForDump();
    }
    const items = [...dumps.map((dump) => dump.item), browse];
    const chosen = await vscode.window.showQuickPick(items, {
        title: "Open crash dump",
        placeHolder: "A crash dump of the opened folders, or another one",
        matchOnDescription: true,
    });
    return chosen === browse ? browseForDump() : dumps.find((dump) => dump.item === chosen)?.uri.fsPath;
}

/** A dump from anywhere. */
export async function browseForDump(): Promise<string | undefined> {
    const [uri] =
        (await vscode.window.showOpenDialog({
            title: "Open crash dump",
            openLabel: "Debug",
            filters: { "Crash dumps": ["dmp", "DMP"], "All files": ["*"] },
        })) ?? [];
    return uri?.fsPath;
}
