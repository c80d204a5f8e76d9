/** What happens when the extension starts: registrations, nothing else. What can wait is loaded when it is needed. */

import * as vscode from "vscode";
import { AdapterFactory } from "./adapter/factory";
import { DynamicConfigurationProvider } from "./configurations/dynamic_provider";
import { ConfigurationProvider } from "./configurations/provider";
import { DumpEditor } from "./dump_editor/dump_editor";
import { LanguagesDuringSessions } from "./languages/during_sessions";
import { AdapterLog } from "./session/adapter_log";
import { DebugView } from "./session/debug_view";
import { BugCheckNotification } from "./session/notifications/bug_check";
import { TroubleNotification } from "./session/notifications/trouble";
import type { Session } from "./session/session";
import { Sessions } from "./session/sessions";
import { StatusBar } from "./session/status_bar";
import { WhenContexts } from "./session/when_contexts";

/** The debug type. */
const TYPE = "kd";

export function activate(context: vscode.ExtensionContext): void {
    const log = new AdapterLog();
    const sessions = new Sessions();
    const factory = new AdapterFactory(context.extensionUri, log, sessions);
    const statusBar = new StatusBar(sessions);
    const whenContexts = new WhenContexts(sessions);
    const languages = new LanguagesDuringSessions();
    const notifications = [new BugCheckNotification(), new TroubleNotification(log)];
    for (const observer of [statusBar, whenContexts, languages, new DebugView(), ...notifications]) {
        sessions.observe(observer);
    }
    const { registerDebugConfigurationProvider: provide, registerDebugAdapterDescriptorFactory } = vscode.debug;
    context.subscriptions.push(
        ...[log, sessions, statusBar, whenContexts, languages],
        registerDebugAdapterDescriptorFactory(TYPE, factory),
        provide(TYPE, new ConfigurationProvider(factory, log, context.logUri)),
        provide(
            TYPE,
            new DynamicConfigurationProvider(context.extension),
            vscode.DebugConfigurationProviderTriggerKind.Dynamic,
        ),
        vscode.window.registerCustomEditorProvider("kd.dump", new DumpEditor(factory)),
        ...pickers(),
        ...commands(sessions, log),
    );
}

/** What `${command:…}` in configurations stands for. */
function pickers(): vscode.Disposable[] {
    const { registerCommand } = vscode.commands;
    return [
        registerCommand("kd.pickDump", async () => (await import("./pickers/pick_dump")).pickDump()),
        registerCommand("kd.pickPipe", async () => (await import("./pickers/pick_pipe")).pickPipe()),
        registerCommand("kd.pickConnection", async () => (await import("./pickers/pick_connection")).pickConnection()),
        registerCommand("kd.pickSerialPort", async () => (await import("./pickers/pick_serial_port")).pickSerialPort()),
        registerCommand("kd.pickRecording", async () => (await import("./pickers/pick_recording")).pickRecording()),
    ];
}

/** What users find in menus and the command palette. */
function commands(sessions: Sessions, log: AdapterLog): vscode.Disposable[] {
    const { registerCommand } = vscode.commands;
    const forSession = (name: string, load: () => Promise<(session: Session) => Promise<void>>) =>
        registerCommand(name, async () => {
            const session = sessions.active;
            if (session === undefined) {
                void vscode.window.showInformationMessage("Nothing is being debugged with kdap: press F5 first.");
            } else {
                await (
                    await load()
                )(session);
            }
        });
    return [
        registerCommand("kd.debugDump", async (dump?: vscode.Uri) =>
            (await import("./configurations/debug_dump")).debugDump(dump),
        ),
        registerCommand("kd.showLog", () => {
            log.show();
        }),
        forSession("kd.analyze", async () => (await import("./session/commands/analyze")).analyze),
        forSession("kd.reloadSymbols", async () => (await import("./session/commands/reload_symbols")).reloadSymbols),
        forSession("kd.rebootTarget", async () => (await import("./session/commands/reboot_target")).rebootTarget),
        forSession("kd.switchProcessor", async () => {
            return (await import("./session/commands/switch_processor")).switchProcessor;
        }),
        forSession("kd.saveConnectionTrace", async () => {
            return (await import("./session/commands/save_connection_trace")).saveConnectionTrace;
        }),
    ];
}
