/** Hovers and inline values, while something of ours is being debugged: other debuggers have their own. */

import * as vscode from "vscode";
import type { Observer, Session } from "../session/session";
import { hoverExpressions } from "./hover_expressions";
import { inlineValues } from "./inline_values";

const LANGUAGES = ["c", "cpp", "rust"];

/** Registers them with the first session, before it can stop, and takes them back with the last one. */
export class LanguagesDuringSessions implements Observer, vscode.Disposable {
    private readonly sessions = new Set<Session>();
    private providers: vscode.Disposable[] = [];

    began(session: Session): void {
        this.sessions.add(session);
        if (this.providers.length === 0) {
            this.providers = [
                vscode.languages.registerEvaluatableExpressionProvider(LANGUAGES, hoverExpressions),
                vscode.languages.registerInlineValuesProvider(LANGUAGES, inlineValues),
            ];
        }
    }

    ended(session: Session): void {
        this.sessions.delete(session);
        if (this.sessions.size === 0) {
            this.dispose();
        }
    }

    dispose(): void {
        for (const provider of this.providers.splice(0)) {
            provider.dispose();
        }
    }
}
