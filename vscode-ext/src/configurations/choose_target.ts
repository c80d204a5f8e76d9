/** F5 without `launch.json`: asks what to debug. */

import * as vscode from "vscode";
import { findDumps, openedDump } from "../pickers/dumps";
import { dumpConfiguration } from "./dump_configuration";

interface Choice extends vscode.QuickPickItem {
    readonly configuration?: () => Promise<vscode.DebugConfiguration | undefined>;
}

/** The dump that is open in the active editor, or whatever the user chooses; `undefined` if that is nothing. */
export async function chooseTarget(): Promise<vscode.DebugConfiguration | undefined> {
    const opened = openedDump();
    if (opened !== undefined) {
        return dumpConfiguration(opened.fsPath);
    }
    const chosen = await vscode.window.showQuickPick<Choice>(choices(), {
        title: "What is to be debugged?",
        placeHolder: "A crash dump or a live kernel",
        matchOnDescription: true,
    });
    return chosen?.configuration?.();
}

async function choices(): Promise<Choice[]> {
    const dumps = (await findDumps()).map((dump): Choice => {
        return { ...dump.item, configuration: () => Promise.resolve(dumpConfiguration(dump.uri.fsPath)) };
    });
    return dumps;
}
