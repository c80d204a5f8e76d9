/** Opens the debug view at a stop. VS Code does that at breakpoints only. */

import * as vscode from "vscode";
import type { Observer, Session } from "./session";

/** Stops that the user is looking at the debug view for anyway, or that VS Code opens it for. */
const NOT_FOR = new Set(["breakpoint", "step", "goto"]);

/** Opens it as the user's setting has it, and leaves the keyboard where it is. */
export class DebugView implements Observer {
    stopped(session: Session): void {
        const when = vscode.workspace.getConfiguration("debug").get<string>("openDebug");
        if (when === "openOnDebugBreak" && !NOT_FOR.has(session.stop?.reason ?? "")) {
            void vscode.commands.executeCommand("workbench.debug.action.focusVariablesView", { preserveFocus: true });
        }
    }
}
