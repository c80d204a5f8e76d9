/** What is said between the editor and the adapter, as far as it matters when the adapter is suddenly gone. */

import type { DebugProtocol } from "@vscode/debugprotocol";

/** Remembers what the editor still waits for. */
export class Conversation {
    private readonly waiting = new Map<number, string>();
    private lastSeq = 0;
    private isOver = false;

    /** Whether the session is over, or about to be: the adapter may go. */
    get mayEnd(): boolean {
        return this.isOver;
    }

    /** The editor says something. */
    sent(message: DebugProtocol.ProtocolMessage): void {
        if (message.type === "request") {
            const request = message as DebugProtocol.Request;
            this.waiting.set(request.seq, request.command);
            this.isOver ||= request.command === "disconnect";
        }
    }

    /** The adapter says something. */
    received(message: DebugProtocol.ProtocolMessage): void {
        this.lastSeq = Math.max(this.lastSeq, message.seq);
        if (message.type === "response") {
            this.waiting.delete((message as DebugProtocol.Response).request_seq);
        } else if (message.type === "event") {
            this.isOver ||= (message as DebugProtocol.Event).event === "terminated";
        }
    }

    /** What an adapter that is gone would have had to say, so that the editor waits for nothing. */
    farewell(why: string): DebugProtocol.ProtocolMessage[] {
        const farewell: DebugProtocol.ProtocolMessage[] = [];
        for (const [request_seq, command] of this.waiting) {
            const seq = ++this.lastSeq;
            const response: DebugProtocol.Response = {
                seq,
                type: "response",
                request_seq,
                command,
                success: command === "disconnect",
                message: why,
            };
            farewell.push(response);
        }
        this.waiting.clear();
        if (!this.isOver) {
            const terminated: DebugProtocol.Event = { seq: ++this.lastSeq, type: "event", event: "terminated" };
            farewell.push(terminated);
            this.isOver = true;
        }
        return farewell;
    }
}
