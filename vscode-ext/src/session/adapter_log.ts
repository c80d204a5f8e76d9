/** The output channel with what adapters log. */

import * as vscode from "vscode";

/** The channel, which is made when it is needed. */
export class AdapterLog implements vscode.Disposable {
    private channel: vscode.OutputChannel | undefined;

    append(text: string): void {
        this.open().append(text);
    }

    show(): void {
        this.open().show(true);
    }

    dispose(): void {
        this.channel?.dispose();
    }

    private open(): vscode.OutputChannel {
        this.channel ??= vscode.window.createOutputChannel("kdap", "log");
        return this.channel;
    }
}
