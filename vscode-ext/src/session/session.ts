/** A debug session of ours: its adapter, and what is known of it. */

import type { DebugProtocol } from "@vscode/debugprotocol";
import type * as vscode from "vscode";
import { SessionState } from "./session_state";

/** Who wants to know of what happens in sessions. */
export interface Observer {
    /** Nothing was said yet. */
    began?(session: Session): void;
    /** Nothing will be said any more. */
    ended?(session: Session): void;
    /** What is known of the session has changed. */
    changed?(session: Session): void;
    stopped?(session: Session): void;
    /** The adapter says something that the user has to notice. */
    trouble?(session: Session, text: string): void;
}

/** What commands and views work on. */
export class Session extends SessionState {
    /** Tells the editor something in the adapter's name. */
    tellEditor: (event: DebugProtocol.Event) => void = () => undefined;

    constructor(
        readonly debugSession: vscode.DebugSession,
        private readonly observers: readonly Observer[],
    ) {
        super();
    }

    override received(message: DebugProtocol.ProtocolMessage): boolean {
        const hasChanged = super.received(message);
        if (hasChanged) {
            this.tell((observer) => observer.changed?.(this));
        }
        if (message.type === "event") {
            this.observe(message as DebugProtocol.Event);
        }
        return hasChanged;
    }

    /**
     * Runs commands of the console.
     *
     * @returns what they report
     * @throws what the first one that fails says
     */
    async run(command: string): Promise<string> {
        const body = (await this.debugSession.customRequest("kd/command", { command })) as {
            reports: { text: string }[];
        };
        return body.reports.map((report) => report.text).join("");
    }

    private observe(event: DebugProtocol.Event): void {
        const output = (event as DebugProtocol.OutputEvent).body;
        if (event.event === "stopped") {
            this.tell((observer) => observer.stopped?.(this));
        } else if (event.event === "output" && output.category === "important") {
            this.tell((observer) => observer.trouble?.(this, output.output.trim()));
            // Its notification has buttons: VS Code's own isn't needed.
            output.category = "console";
        }
    }

    private tell(what: (observer: Observer) => void): void {
        this.observers.forEach(what);
    }
}
