/** Completes what `launch.json` says, or what F5 means without one, and checks that there is an adapter for it. */

import * as vscode from "vscode";
import type { AdapterFactory } from "../adapter/factory";
import { reportProblem } from "../adapter/report_problem";
import type { AdapterLog } from "../session/adapter_log";
import { fillIn } from "./fill_in";

/** The provider of debug type `kd`. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
    constructor(
        private readonly factory: AdapterFactory,
        private readonly log: AdapterLog,
        /** A folder for logs that nobody has named a place for. */
        private readonly logs: vscode.Uri,
    ) {}

    async resolveDebugConfiguration(
        folder: vscode.WorkspaceFolder | undefined,
        configuration: vscode.DebugConfiguration,
    ): Promise<vscode.DebugConfiguration | undefined> {
        const isEmpty = !configuration.type && !configuration.request && !configuration.name;
        let chosen: vscode.DebugConfiguration | undefined = configuration;
        if (isEmpty) {
            const { chooseTarget } = await import("./choose_target");
            chosen = await chooseTarget();
        }
        return chosen && fillIn(chosen, settings(folder));
    }

    async resolveDebugConfigurationWithSubstitutedVariables(
        folder: vscode.WorkspaceFolder | undefined,
        configuration: vscode.DebugConfiguration,
    ): Promise<vscode.DebugConfiguration | undefined> {
        const found = await this.factory.find(folder);
        if ("kind" in found) {
            void reportProblem(found, this.log);
            return undefined;
        }
        configuration["logFile"] ??= await this.newLogFile();
        return configuration;
    }

    /** A file whose content the output channel shows. */
    private async newLogFile(): Promise<string> {
        await vscode.workspace.fs.createDirectory(this.logs);
        return vscode.Uri.joinPath(this.logs, `session-${Date.now()}.log`).fsPath;
    }
}

function settings(folder: vscode.WorkspaceFolder | undefined) {
    const settings = vscode.workspace.getConfiguration("kdap", folder);
    return {
        symbolPath: settings.get("symbolPath", ""),
        imagePath: settings.get("imagePath", ""),
        sourceMap: settings.get<Record<string, string>>("sourceMap", {}),
        trace: settings.get("trace", "off"),
    };
}
