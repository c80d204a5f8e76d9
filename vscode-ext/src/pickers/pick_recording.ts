/** `kd.pickRecording`: the path of a recorded session, as a connection string takes it. */

import * as path from "node:path";
import * as vscode from "vscode";
import { quoted } from "../configurations/connection_text";

/** A recording of the opened folders, or another one; `undefined` when the user gives up. */
export async function pickRecording(): Promise<string | undefined> {
    const found = await vscode.workspace.findFiles("**/*.kdrec", undefined, 200);
    const items = found.map((uri) => {
        return {
            label: `$(history) ${path.basename(uri.fsPath)}`,
            description: vscode.workspace.asRelativePath(uri),
            uri,
        };
    });
    const browse: vscode.QuickPickItem = { label: "$(folder-opened) Browse…", alwaysShow: true };
    const title = "Replay a recording";
    const chosen =
        items.length === 0
            ? browse
            : await vscode.window.showQuickPick<vscode.QuickPickItem>([...items, browse], { title });
    const uri = chosen === browse ? await browseForRecording(title) : items.find((item) => item === chosen)?.uri;
    return uri === undefined ? undefined : quoted(uri.fsPath);
}

async function browseForRecording(title: string): Promise<vscode.Uri | undefined> {
    const filters = { Recordings: ["kdrec"], "All files": ["*"] };
    return (await vscode.window.showOpenDialog({ title, openLabel: "Replay", filters }))?.[0];
}
