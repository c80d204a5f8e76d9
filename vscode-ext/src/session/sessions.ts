/** The sessions that run. */

import * as vscode from "vscode";
import { type Observer, Session } from "./session";

/** Knows each session from its beginning to its end. */
export class Sessions implements vscode.Disposable {
    private readonly sessions = new Map<string, Session>();
    private readonly observers: Observer[] = [];
    private readonly ending: vscode.Disposable;

    constructor() {
        this.ending = vscode.debug.onDidTerminateDebugSession(({ id }) => {
            const session = this.sessions.get(id);
            if (session !== undefined) {
                this.sessions.delete(id);
                for (const observer of this.observers) {
                    observer.ended?.(session);
                }
            }
        });
    }

    /** The session that the user looks at. */
    get active(): Session | undefined {
        const id = vscode.debug.activeDebugSession?.id;
        return id === undefined ? undefined : this.sessions.get(id);
    }

    observe(observer: Observer): void {
        this.observers.push(observer);
    }

    begin(debugSession: vscode.DebugSession): Session {
        const session = new Session(debugSession, this.observers);
        this.sessions.set(debugSession.id, session);
        for (const observer of this.observers) {
            observer.began?.(session);
        }
        return session;
    }

    dispose(): void {
        this.ending.dispose();
    }
}
