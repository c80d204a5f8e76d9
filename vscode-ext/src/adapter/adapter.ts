/**
 * The adapter as VS Code has it. The extension runs the process itself: VS Code would neither show what it writes to
 * standard error nor say that it is gone.
 */

import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import { AdapterProcess } from "./adapter_process";
import { Conversation } from "./conversation";
import { type Ending, message as words } from "./problem";
import { reportProblem } from "./report_problem";
import type { AdapterLog } from "../session/adapter_log";

/** One session's adapter. */
export class Adapter implements vscode.DebugAdapter {
    private readonly messages = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
    private readonly conversation = new Conversation();
    private readonly process: AdapterProcess;
    private isDisposed = false;

    readonly onDidSendMessage = this.messages.event;

    constructor(
        private readonly path: string,
        private readonly log: AdapterLog,
    ) {
        this.process = new AdapterProcess(path, {
            message: (message) => {
                this.pass(message as DebugProtocol.ProtocolMessage);
            },
            log: (text) => {
                log.append(text);
            },
            ended: (ending) => {
                this.ended(ending);
            },
        });
    }

    handleMessage(message: vscode.DebugProtocolMessage): void {
        this.conversation.sent(message as DebugProtocol.ProtocolMessage);
        this.process.send(message);
    }

    dispose(): void {
        this.isDisposed = true;
        this.process.dispose();
        this.messages.dispose();
    }

    private pass(message: DebugProtocol.ProtocolMessage): void {
        this.conversation.received(message);
        this.messages.fire(message);
    }

    private ended(ending: Ending): void {
        if (this.isDisposed) {
            return;
        }
        const problem = { kind: "died", path: this.path, ending } as const;
        const expected = this.conversation.mayEnd;
        for (const message of this.conversation.farewell(words(problem))) {
            this.messages.fire(message);
        }
        if (!expected) {
            void reportProblem(problem, this.log);
        }
    }
}
