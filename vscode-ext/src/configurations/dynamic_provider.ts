/** What "Select and Start Debugging" offers: the configurations that a new `launch.json` gets. */

import type * as vscode from "vscode";

interface Manifest {
    readonly contributes: {
        readonly debuggers: readonly [{ readonly initialConfigurations: vscode.DebugConfiguration[] }];
    };
}

/** Gives the configurations of the manifest, which ask for what they need. */
export class DynamicConfigurationProvider implements vscode.DebugConfigurationProvider {
    constructor(private readonly extension: vscode.Extension<unknown>) {}

    provideDebugConfigurations(): vscode.DebugConfiguration[] {
        return (this.extension.packageJSON as Manifest).contributes.debuggers[0].initialConfigurations;
    }
}
