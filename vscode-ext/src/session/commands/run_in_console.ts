/** Runs a command as if the user had typed it. */

import * as vscode from "vscode";
import type { Session } from "../session";

/** The session's own debug console shows the command and what it reports; what goes wrong is shown as a message. */
export async function runInConsole(session: Session, command: string): Promise<void> {
    try {
        const text = await session.run(command);
        const body = { category: "console", output: `> ${command}\n${text}` };
        session.tellEditor({ seq: 0, type: "event", event: "output", body });
        await vscode.commands.executeCommand("workbench.panel.repl.view.focus");
    } catch (error) {
        void vscode.window.showErrorMessage(`${command}: ${error instanceof Error ? error.message : String(error)}`);
    }
}
