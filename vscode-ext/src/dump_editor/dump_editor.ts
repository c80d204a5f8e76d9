/** Shows what crashed when a dump is opened, with a button that debugs it. */

import * as vscode from "vscode";
import type { AdapterFactory } from "../adapter/factory";
import { message } from "../adapter/problem";
import { analysis } from "./analysis";
import { page } from "./page";

/** The editor for dumps, which changes nothing. */
export class DumpEditor implements vscode.CustomReadonlyEditorProvider {
    constructor(private readonly factory: AdapterFactory) {}

    openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
        return { uri, dispose: () => undefined };
    }

    async resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): Promise<void> {
        const { webview } = panel;
        const file = document.uri.fsPath;
        webview.options = { enableScripts: true, localResourceRoots: [] };
        webview.onDidReceiveMessage(() => vscode.commands.executeCommand("kd.debugDump", document.uri));
        webview.html = page({ file, text: "Opening…" });
        webview.html = page(await this.content(document.uri));
    }

    private async content(uri: vscode.Uri) {
        const file = uri.fsPath;
        const folder = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0];
        const found = await this.factory.find(folder);
        if ("kind" in found) {
            return { file, text: message(found) };
        }
        const settings = vscode.workspace.getConfiguration("kdap", folder);
        const setting = (name: string) =>
            settings.get(name, "").replaceAll("${workspaceFolder}", folder?.uri.fsPath ?? "");
        const { text, isOpen } = await analysis(found.path, file, setting("symbolPath"), setting("imagePath"));
        return { file, text, isOpen };
    }
}
