/** What happens when the extension starts: registrations, nothing else. What they need is loaded when it is needed. */

import * as vscode from "vscode";
import { AdapterFactory } from "./adapter/factory";
import { ConfigurationProvider } from "./configurations/provider";
import { AdapterLog } from "./session/adapter_log";

/** The debug type. */
const TYPE = "kd";

export function activate(context: vscode.ExtensionContext): void {
    const log = new AdapterLog();
    const factory = new AdapterFactory(context.extensionUri, log);
    const command = (name: string, run: (...args: never[]) => unknown) =>
        vscode.commands.registerCommand(name, run as (...args: unknown[]) => unknown);
    context.subscriptions.push(
        log,
        vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, factory),
        vscode.debug.registerDebugConfigurationProvider(TYPE, new ConfigurationProvider(factory, log)),
        command("kd.pickDump", async () => (await import("./pickers/pick_dump")).pickDump()),
    );
}
