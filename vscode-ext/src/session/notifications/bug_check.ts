/** A bug check is told, with what one does next. */

import * as vscode from "vscode";
import { analyze } from "../commands/analyze";
import { rebootTarget } from "../commands/reboot_target";
import type { Observer, Session } from "../session";

const ANALYZE = "Analyze (!analyze -v)";
const REBOOT = "Reboot Target";

/** Tells of each bug check once: a dump stands at its own for good. */
export class BugCheckNotification implements Observer {
    private readonly told = new WeakMap<Session, string>();

    stopped(session: Session): void {
        const bugCheck = session.bugCheck;
        if (bugCheck === undefined || (!session.isLive && this.told.get(session) === bugCheck)) {
            return;
        }
        this.told.set(session, bugCheck);
        void tell(session, bugCheck);
    }
}

async function tell(session: Session, bugCheck: string): Promise<void> {
    const actions = session.isLive ? [ANALYZE, REBOOT] : [ANALYZE];
    const text = `${session.debugSession.name}: bug check ${bugCheck}`;
    switch (await vscode.window.showWarningMessage(text, ...actions)) {
        case ANALYZE:
            await analyze(session);
            break;
        case REBOOT:
            await rebootTarget(session);
            break;
        case undefined:
            break;
    }
}
