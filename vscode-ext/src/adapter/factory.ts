/** Gives VS Code the adapter of a session. */

import * as path from "node:path";
import * as vscode from "vscode";
import type { AdapterLog } from "../session/adapter_log";
import type { Sessions } from "../session/sessions";
import { Adapter } from "./adapter";
import { locate } from "./locate";
import { type AdapterProblem, type Located, message } from "./problem";
import { checkVersion } from "./version";

/** Finds the adapter, checks it, and starts one for each session. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
    /** The binaries that were found to be right, by the folder that they are for. */
    private readonly checked = new Map<string | undefined, Located>();

    constructor(
        private readonly extension: vscode.Uri,
        private readonly log: AdapterLog,
        private readonly sessions: Sessions,
    ) {}

    /** The binary to be used in this folder, or what is wrong. */
    async find(folder: vscode.WorkspaceFolder | undefined): Promise<Located | AdapterProblem> {
        this.checked.delete(folder?.uri.toString());
        const workspaceFolder = folder ?? vscode.workspace.workspaceFolders?.[0];
        const located = await locate({
            setting: vscode.workspace.getConfiguration("kdap", folder).get("adapterPath", ""),
            bundledFolder: path.join(this.extension.fsPath, "bin"),
            pathVariable: process.env["PATH"] ?? "",
            ...(workspaceFolder === undefined ? {} : { workspaceFolder: workspaceFolder.uri.fsPath }),
        });
        if ("kind" in located) {
            return located;
        }
        const version = await checkVersion(located);
        if (typeof version !== "string") {
            return version;
        }
        this.log.append(`kdap ${version}: ${located.path}\n`);
        this.checked.set(folder?.uri.toString(), located);
        return located;
    }

    async createDebugAdapterDescriptor(session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor> {
        const folder = session.workspaceFolder;
        const located = this.checked.get(folder?.uri.toString()) ?? (await this.find(folder));
        if ("kind" in located) {
            throw new Error(message(located));
        }
        return new vscode.DebugAdapterInlineImplementation(
            new Adapter(located.path, this.log, this.sessions.begin(session)),
        );
    }
}
