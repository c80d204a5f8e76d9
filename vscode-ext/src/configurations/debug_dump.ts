/** `kd.debugDump`: debugs a dump that was chosen in the explorer, or is open in an editor. */

import * as vscode from "vscode";
import { openedDump } from "../pickers/dumps";
import { pickDump } from "../pickers/pick_dump";
import { dumpConfiguration } from "./choose_target";

/** Starts a session on `dump`, on the one in the active editor, or on one that the user chooses. */
export async function debugDump(dump: vscode.Uri | undefined): Promise<void> {
    const file = (dump ?? openedDump())?.fsPath ?? (await pickDump());
    if (file !== undefined) {
        const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(file));
        await vscode.debug.startDebugging(folder ?? vscode.workspace.workspaceFolders?.[0], dumpConfiguration(file));
    }
}
