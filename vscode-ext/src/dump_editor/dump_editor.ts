/** Shows what crashed when a dump is opened, with a button that debugs it. */

import * as vscode from "vscode";
import type { AdapterFactory } from "../adapter/factory";
import { message } from "../adapter/problem";
import { analysis } from "./analysis";
import { type Content, page } from "./page";

/** The editor for dumps, which changes nothing. */
export class DumpEditor implements vscode.CustomReadonlyEditorProvider {
    constructor(private readonly factory: AdapterFactory) {}

    openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
        return { uri, dispose: () => undefined };
    }

    /** VS Code shows the page once this has returned: it must not wait for kdap. */
    resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
        const { webview } = panel;
        const closed = new AbortController();
        panel.onDidDispose(() => {
            closed.abort();
        });
        webview.options = { enableScripts: true, localResourceRoots: [] };
        webview.onDidReceiveMessage(() => vscode.commands.executeCommand("kd.debugDump", document.uri));
        const { signal } = closed;
        const show = (content: Omit<Content, "file">) => {
            if (!signal.aborted) {
                webview.html = page({ file: document.uri.fsPath, ...content });
            }
        };
        show({ text: "Opening…" });
        this.content(document.uri, signal).then(show, (error: unknown) => {
            show({ text: error instanceof Error ? error.message : String(error) });
        });
    }

    private async content(uri: vscode.Uri, signal: AbortSignal): Promise<Omit<Content, "file">> {
        const folder = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0];
        const found = await this.factory.find(folder);
        if ("kind" in found) {
            return { text: message(found) };
        }
        const settings = vscode.workspace.getConfiguration("kdap", folder);
        const setting = (name: string) =>
            settings.get(name, "").replaceAll("${workspaceFolder}", folder?.uri.fsPath ?? "");
        const paths = { symbolPath: setting("symbolPath"), imagePath: setting("imagePath") };
        return analysis(found.path, uri.fsPath, paths, signal);
    }
}
