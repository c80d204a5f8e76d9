/** `kd.switchProcessor`: shows another processor. */

import * as vscode from "vscode";
import type { Session } from "../session";

/** Asks for a processor, then the stack and variables of that one are shown. */
export async function switchProcessor(session: Session): Promise<void> {
    const items = session.processors.map(({ threadId, name }) => {
        const [label = name, description = ""] = name.split(/: /, 2);
        return { label, description, threadId };
    });
    const chosen = await vscode.window.showQuickPick(items, { title: "Switch processor", matchOnDescription: true });
    if (chosen !== undefined) {
        show(session, chosen.threadId);
    }
}

/** VS Code has no command that selects a thread: it shows the one that it hears of last. */
function show(session: Session, threadId: number): void {
    const stop = session.stop;
    const isStop = stop?.threadId === threadId;
    const elsewhere = { reason: "pause", description: "Halted with the others", threadId, allThreadsStopped: false };
    session.tellEditor({
        seq: 0,
        type: "event",
        event: "stopped",
        body: isStop ? { ...stop, allThreadsStopped: false } : elsewhere,
    });
}
