/** What is known of a session from what its editor and its adapter say to each other. */

import type { DebugProtocol } from "@vscode/debugprotocol";

/** What the target does. */
export type TargetState = "connecting" | "running" | "halted" | "unknown" | "ended";

/** A processor, as its thread is called. */
export interface Processor {
    /** The thread that stands for it. */
    readonly threadId: number;
    /** `Processor 3: System (4.108)`. */
    readonly name: string;
}

/** Requests that let the target run, once they are answered. */
const RUNS = new Set(["continue", "next", "stepIn", "stepOut"]);
/** What the adapter appends to processors' names when the target doesn't stand or run. */
const SUFFIXES: readonly (readonly [string, TargetState])[] = [
    [" (not connected yet)", "connecting"],
    [" (does not answer)", "unknown"],
    [" (disconnected)", "ended"],
];
/** How the description of a bug check's stop begins. */
const BUG_CHECK = "Bug check ";

/** The state of one session. */
export class SessionState {
    /** The adapter's name for the target, once it is known. */
    target: string | undefined;
    isLive = false;
    state: TargetState = "connecting";
    processors: readonly Processor[] = [];
    /** The last stop, also after the target went on. */
    stop: DebugProtocol.StoppedEvent["body"] | undefined;

    /** What stopped the target as a bug check, if it stands at one. */
    get bugCheck(): string | undefined {
        const stop = this.state === "halted" && this.stop?.reason === "exception" ? this.stop : undefined;
        // The description is short, for the call stack; the text has the name.
        return stop?.description?.startsWith(BUG_CHECK) === true
            ? (stop.text ?? stop.description).replace(BUG_CHECK, "")
            : undefined;
    }

    /** The processor whose thread has this number, or the one that stopped. */
    processor(threadId: number | undefined): Processor | undefined {
        const wanted = threadId ?? this.stop?.threadId;
        return this.processors.find((processor) => processor.threadId === wanted);
    }

    /** The editor says something. */
    sent(message: DebugProtocol.ProtocolMessage): void {
        const request = message as DebugProtocol.Request;
        if (message.type === "request" && (request.command === "attach" || request.command === "launch")) {
            const { dumpFile, connection, transport } = (request.arguments ?? {}) as Record<string, unknown>;
            this.isLive = dumpFile === undefined && (connection !== undefined || transport !== undefined);
            this.target = [dumpFile, connection].find((name) => typeof name === "string");
        }
    }

    /** The adapter says something. Gives whether that has changed anything. */
    received(message: DebugProtocol.ProtocolMessage): boolean {
        if (message.type === "event") {
            return this.happened(message as DebugProtocol.Event);
        }
        const response = message as DebugProtocol.Response;
        if (message.type !== "response" || !response.success) {
            return false;
        }
        if (RUNS.has(response.command) && this.isLive) {
            this.state = "running";
            return true;
        }
        if (response.command === "threads") {
            this.threads((response as DebugProtocol.ThreadsResponse).body.threads);
            return true;
        }
        return false;
    }

    private happened(event: DebugProtocol.Event): boolean {
        switch (event.event) {
            case "stopped":
                this.stop = (event as DebugProtocol.StoppedEvent).body;
                this.state = "halted";
                return true;
            case "continued":
                this.state = "running";
                return true;
            case "process":
                this.target = (event as DebugProtocol.ProcessEvent).body.name;
                this.state = this.state === "connecting" ? "running" : this.state;
                return true;
            case "terminated":
                this.state = "ended";
                return true;
            default:
                return false;
        }
    }

    private threads(threads: readonly DebugProtocol.Thread[]): void {
        const suffix = SUFFIXES.find(([suffix]) => threads.some((thread) => thread.name.endsWith(suffix)));
        this.state = suffix?.[1] ?? (this.state === "unknown" || this.state === "connecting" ? "running" : this.state);
        this.processors = threads.map(({ id, name }) => {
            return { threadId: id, name: suffix === undefined ? name : name.replace(suffix[0], "") };
        });
    }
}
