/** Runs a command as if the user had typed it. */

import * as vscode from "vscode";
import type { Session } from "../session";

/** The debug console shows the command and what it reports; what goes wrong is shown as a message. */
export async function runInConsole(session: Session, command: string): Promise<void> {
    try {
        const text = await session.run(command);
        vscode.debug.activeDebugConsole.appendLine(`> ${command}`);
        vscode.debug.activeDebugConsole.append(text);
        await vscode.commands.executeCommand("workbench.panel.repl.view.focus");
    } catch (error) {
        void vscode.window.showErrorMessage(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    }
}
