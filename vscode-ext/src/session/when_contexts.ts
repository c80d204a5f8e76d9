/** What `when` clauses ask for. */

import * as vscode from "vscode";
import type { Observer, Session } from "./session";
import type { Sessions } from "./sessions";

/** Keeps `kd.live` and `kd.state` as they are of the session that the user looks at. */
export class WhenContexts implements Observer, vscode.Disposable {
    private readonly known = new Map<string, unknown>();
    private readonly subscription: vscode.Disposable;

    constructor(private readonly sessions: Sessions) {
        this.subscription = vscode.debug.onDidChangeActiveDebugSession(() => {
            this.update();
        });
    }

    changed(session: Session): void {
        if (session === this.sessions.active) {
            this.update();
        }
    }

    dispose(): void {
        this.subscription.dispose();
    }

    private update(): void {
        const session = this.sessions.active;
        this.set("kd.live", session?.isLive ?? false);
        this.set("kd.state", session?.state);
    }

    private set(key: string, value: unknown): void {
        if (this.known.get(key) !== value) {
            this.known.set(key, value);
            void vscode.commands.executeCommand("setContext", key, value);
        }
    }
}
