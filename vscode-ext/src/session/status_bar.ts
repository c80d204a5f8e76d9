/** The status bar's item: target, processor, state. */

import * as vscode from "vscode";
import type { Observer, Session } from "./session";
import type { Sessions } from "./sessions";
import { statusText } from "./status_text";

/** Shows the session that the user looks at. */
export class StatusBar implements Observer, vscode.Disposable {
    private readonly item: vscode.StatusBarItem;
    private readonly subscriptions: vscode.Disposable[];

    constructor(private readonly sessions: Sessions) {
        this.item = vscode.window.createStatusBarItem("kdap.target", vscode.StatusBarAlignment.Left, 10);
        this.item.name = "kdap: target";
        const show = () => {
            this.show();
        };
        this.subscriptions = [
            this.item,
            vscode.debug.onDidChangeActiveStackItem(show),
            vscode.debug.onDidChangeActiveDebugSession(show),
            vscode.debug.onDidTerminateDebugSession(show),
        ];
    }

    changed(session: Session): void {
        if (session === this.sessions.active) {
            this.show();
        }
    }

    dispose(): void {
        this.subscriptions.forEach((subscription) => {
            subscription.dispose();
        });
    }

    private show(): void {
        const session = this.sessions.active;
        if (session === undefined) {
            this.item.hide();
            return;
        }
        const shown = vscode.debug.activeStackItem;
        const threadId = shown?.session === session.debugSession ? shown.threadId : undefined;
        const { text, tooltip, isWarning } = statusText(session, session.debugSession.name, threadId);
        this.item.text = text;
        this.item.tooltip = tooltip;
        this.item.command =
            session.processors.length > 1 && session.state === "halted" ? "kd.switchProcessor" : undefined;
        this.item.backgroundColor = isWarning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
        this.item.show();
    }
}
