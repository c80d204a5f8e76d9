/** What the status bar says of a session. */

import type { SessionState } from "./session_state";

/** An item's text, and what is shown at the pointer. */
export interface StatusText {
    readonly text: string;
    readonly tooltip: string;
    /** Whether something is wrong. */
    readonly isWarning: boolean;
}

/** Target, processor and state; `threadId` is what the user looks at. */
export function statusText(session: SessionState, name: string, threadId: number | undefined): StatusText {
    const processor = session.state === "halted" ? session.processor(threadId) : undefined;
    const number = /^Processor (\d+)/.exec(processor?.name ?? "")?.[1];
    const state = words(session);
    const parts = [name, number === undefined ? undefined : `CPU ${number}`, state];
    const text = `${icon(session)} ${parts.filter((part) => part !== undefined).join(" · ")}`;
    const stop = session.state === "halted" ? (session.stop?.text ?? session.stop?.description) : undefined;
    const lines = [session.target ?? name, processor?.name, stop ?? state];
    const tooltip = lines.filter((line) => line !== undefined).join("\n");
    return { text, tooltip, isWarning: session.state === "unknown" };
}

function words(session: SessionState): string {
    switch (session.state) {
        case "connecting":
            return session.isLive ? "connecting" : "opening";
        case "running":
            return "running";
        case "halted":
            return session.isLive ? (session.stop?.description ?? "halted") : "crash dump";
        case "unknown":
            return "does not answer";
        case "ended":
            return "ended";
    }
}

function icon(session: SessionState): string {
    switch (session.state) {
        case "connecting":
            return "$(sync~spin)";
        case "running":
            return "$(debug-start)";
        case "halted":
            return session.isLive ? "$(debug-pause)" : "$(file-binary)";
        case "unknown":
            return "$(warning)";
        case "ended":
            return "$(debug-disconnect)";
    }
}
