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
import { confirmReboot, withoutAskingBack } from "../session/commands/reboot_target";
import { LogTail } from "../session/log_tail";
import type { Session } from "../session/session";

/** The requests at which kdap begins its log. */
const STARTS = new Set(["attach", "launch"]);

/** One session's adapter. */
export class Adapter implements vscode.DebugAdapter {
    private readonly messages = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
    private readonly conversation = new Conversation();
    private readonly process: AdapterProcess;
    private tail: LogTail | undefined;
    private isDisposed = false;

    readonly onDidSendMessage = this.messages.event;

    constructor(
        private readonly path: string,
        private readonly log: AdapterLog,
        private readonly session: Session,
    ) {
        session.tellEditor = (event) => {
            this.messages.fire(event);
        };
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
        this.session.sent(message as DebugProtocol.ProtocolMessage);
        const request = message as DebugProtocol.Request;
        if (request.command === "restart" && this.session.isLive) {
            void this.restart(request);
        } else {
            this.process.send(withoutAskingBack(request));
        }
    }

    /** Passes the request on once the user has confirmed it. If not, it is done: nothing has changed. */
    private async restart(request: DebugProtocol.Request): Promise<void> {
        if (await confirmReboot(this.session.debugSession)) {
            this.process.send(request);
            return;
        }
        const { seq, command } = request;
        const declined: DebugProtocol.Response = { seq: 0, type: "response", request_seq: seq, command, success: true };
        this.pass(declined);
    }

    dispose(): void {
        this.isDisposed = true;
        this.process.dispose();
        this.messages.dispose();
        void this.tail?.close();
    }

    private pass(message: DebugProtocol.ProtocolMessage): void {
        this.conversation.received(message);
        this.tell(message);
    }

    private tell(message: DebugProtocol.ProtocolMessage): void {
        this.session.received(message);
        if (message.type === "response" && STARTS.has((message as DebugProtocol.Response).command)) {
            this.followLog();
        }
        this.messages.fire(message);
    }

    /** From the answer on, the log is this session's: until then, its file may hold another session's. */
    private followLog(): void {
        const { logFile } = this.session.debugSession.configuration as { logFile?: unknown };
        if (typeof logFile === "string" && !this.isDisposed) {
            this.tail ??= new LogTail(logFile, (text) => {
                this.log.append(text);
            });
        }
    }

    private ended(ending: Ending): void {
        if (this.isDisposed) {
            return;
        }
        const problem = { kind: "died", path: this.path, ending } as const;
        const expected = this.conversation.mayEnd;
        for (const message of this.conversation.farewell(words(problem))) {
            this.tell(message);
        }
        void this.tail?.close();
        if (!expected) {
            void reportProblem(problem, this.log);
        }
    }
}
