/**
 * Opens the debug view at a stop. VS Code does that where the top frame has source, and so late that nothing in the view
 * is unfolded.
 */

import * as vscode from "vscode";
import type { Observer, Session } from "./session";

/** Stops that the user caused in the middle of something. */
const NOT_FOR = new Set(["step", "goto"]);

/** Opens it as the user's setting has it, and leaves the keyboard where it is. */
export class DebugView implements Observer {
    stopped(session: Session): void {
        const when = vscode.workspace.getConfiguration("debug").get<string>("openDebug");
        if (when === "openOnDebugBreak" && !NOT_FOR.has(session.stop?.reason ?? "")) {
            void vscode.commands.executeCommand("workbench.debug.action.focusVariablesView", { preserveFocus: true });
        }
    }
}
