/** F5 without `launch.json`: asks what to debug. */

import * as path from "node:path";
import * as vscode from "vscode";
import { findDumps, openedDump } from "../pickers/dumps";
import { machineItems } from "../pickers/machine_items";
import { browseForDump } from "../pickers/pick_dump";
import { pickPipe } from "../pickers/pick_pipe";
import { pickRecording } from "../pickers/pick_recording";
import { pickSerialPort } from "../pickers/pick_serial_port";

/** What debugs this dump. */
export function dumpConfiguration(dumpFile: string): vscode.DebugConfiguration {
    return { type: "kd", request: "attach", name: path.basename(dumpFile), dumpFile };
}

interface Choice extends vscode.QuickPickItem {
    readonly configuration?: () => Promise<vscode.DebugConfiguration | undefined>;
}

/** The dump that is open in the active editor, or whatever the user chooses; `undefined` if that is nothing. */
export async function chooseTarget(): Promise<vscode.DebugConfiguration | undefined> {
    const opened = openedDump();
    if (opened !== undefined) {
        return dumpConfiguration(opened.fsPath);
    }
    const chosen = await vscode.window.showQuickPick<Choice>(choices(), {
        title: "What is to be debugged?",
        placeHolder: "A crash dump or a live kernel",
        matchOnDescription: true,
    });
    return chosen?.configuration?.();
}

async function choices(): Promise<Choice[]> {
    const [dumps, machines] = await Promise.all([findDumps(), machineItems()]);
    // On Windows these are all pipes that there are: they are listed once the user asks for them.
    const running = machines.filter((machine) => !machine.connection.startsWith("com:pipe"));
    return [
        ...headed(
            "Crash dumps",
            dumps.map(({ item, uri }) => ({
                ...item,
                configuration: () => Promise.resolve(dumpConfiguration(uri.fsPath)),
            })),
        ),
        ...headed(
            "Virtual machines that run",
            running.map(({ label, description = "", connection }) => {
                const name = description === "" ? connection : description.replace(/, process \d+$/, "");
                return {
                    label,
                    description,
                    configuration: () => Promise.resolve(live(name, `${connection},reconnect`)),
                };
            }),
        ),
        ...headed("Others", [
            {
                label: "$(folder-opened) Open crash dump…",
                configuration: () => named(browseForDump, dumpConfiguration),
            },
            {
                label: process.platform === "win32" ? "$(plug) Named pipe…" : "$(plug) Socket…",
                description: "Hyper-V, VirtualBox, VMware, QEMU",
                configuration: () => named(pickPipe, (pipe) => live(pipe, `com:pipe,port=${pipe},reconnect`)),
            },
            {
                label: "$(plug) Serial port…",
                configuration: () => named(pickSerialPort, (port) => live(port, `com:port=${port},baud=115200`)),
            },
            {
                label: "$(history) Replay a recording…",
                configuration: () => named(pickRecording, (file) => live(path.basename(file), `replay:${file}`)),
            },
        ]),
    ];
}

function headed(label: string, choices: readonly Choice[]): Choice[] {
    return choices.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...choices];
}

async function named(
    pick: () => Promise<string | undefined>,
    configuration: (picked: string) => vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> {
    const picked = await pick();
    return picked === undefined ? undefined : configuration(picked);
}

function live(name: string, connection: string): vscode.DebugConfiguration {
    return { type: "kd", request: "attach", name, connection };
}
