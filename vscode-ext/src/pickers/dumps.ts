/** The crash dumps of the opened folders. */

import * as path from "node:path";
import * as vscode from "vscode";

/** A dump, and how it is shown in a list. */
export interface Dump {
    readonly uri: vscode.Uri;
    readonly item: vscode.QuickPickItem;
}

/** Dumps that are listed at most. */
const MOST = 200;

/** The dumps of the opened folders, the newest first. */
export async function findDumps(): Promise<Dump[]> {
    const uris = await vscode.workspace.findFiles("**/*.{dmp,DMP,Dmp}", undefined, MOST);
    const dumps = await Promise.all(uris.map(describe));
    dumps.sort((a, b) => b.time - a.time || a.uri.fsPath.localeCompare(b.uri.fsPath));
    return dumps;
}

/** The dump in the active editor. */
export function openedDump(): vscode.Uri | undefined {
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    const opened =
        input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
    return opened?.scheme === "file" && opened.path.toLowerCase().endsWith(".dmp") ? opened : undefined;
}

async function describe(uri: vscode.Uri): Promise<Dump & { time: number }> {
    const folder = path.dirname(vscode.workspace.asRelativePath(uri));
    const item = { label: `$(file-binary) ${path.basename(uri.fsPath)}`, description: folder === "." ? "" : folder };
    try {
        const { size, mtime } = await vscode.workspace.fs.stat(uri);
        const detail = `${megabytes(size)}, ${new Date(mtime).toLocaleString()}`;
        return { uri, item: { ...item, detail }, time: mtime };
    } catch {
        return { uri, item, time: 0 };
    }
}

function megabytes(bytes: number): string {
    return bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}
