/** Hovers and inline values, while something of ours is being debugged: other debuggers have their own. */

import * as vscode from "vscode";

const LANGUAGES = ["c", "cpp", "rust"];

/** Registers them with the first session of `type`, and takes them back with the last one. */
export class LanguagesDuringSessions implements vscode.Disposable {
    private readonly sessions = new Set<string>();
    private readonly subscriptions: vscode.Disposable[];
    private providers: vscode.Disposable[] = [];

    constructor(type: string) {
        this.subscriptions = [
            vscode.debug.onDidStartDebugSession(async (session) => {
                if (session.type === type && this.sessions.add(session.id).size === 1) {
                    await this.register();
                }
            }),
            vscode.debug.onDidTerminateDebugSession(({ id }) => {
                if (this.sessions.delete(id) && this.sessions.size === 0) {
                    this.unregister();
                }
            }),
        ];
    }

    dispose(): void {
        this.unregister();
        this.subscriptions.forEach((subscription) => {
            subscription.dispose();
        });
    }

    private async register(): Promise<void> {
        const [{ hoverExpressions }, { inlineValues }] = await Promise.all([
            import("./hover_expressions"),
            import("./inline_values"),
        ]);
        if (this.sessions.size > 0 && this.providers.length === 0) {
            this.providers = [
                vscode.languages.registerEvaluatableExpressionProvider(LANGUAGES, hoverExpressions),
                vscode.languages.registerInlineValuesProvider(LANGUAGES, inlineValues),
            ];
        }
    }

    private unregister(): void {
        for (const provider of this.providers.splice(0)) {
            provider.dispose();
        }
    }
}
