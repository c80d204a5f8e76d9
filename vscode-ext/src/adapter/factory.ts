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
    /** The binary that was found to be right. */
    private located: Located | undefined;

    constructor(
        private readonly extension: vscode.Uri,
        private readonly log: AdapterLog,
        private readonly sessions: Sessions,
    ) {}

    /** The binary to be used in this folder, or what is wrong. */
    async find(folder: vscode.WorkspaceFolder | undefined): Promise<Located | AdapterProblem> {
        this.located = undefined;
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
        this.located = located;
        return located;
    }

    async createDebugAdapterDescriptor(session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor> {
        const located = this.located ?? (await this.find(session.workspaceFolder));
        if ("kind" in located) {
            throw new Error(message(located));
        }
        return new vscode.DebugAdapterInlineImplementation(
            new Adapter(located.path, this.log, this.sessions.begin(session)),
        );
    }
}
