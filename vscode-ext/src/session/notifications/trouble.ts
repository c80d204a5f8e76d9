/** What the adapter wants to be noticed (a lost line, a breakpoint that can't be set) is told, with what may help. */

import * as vscode from "vscode";
import type { AdapterLog } from "../adapter_log";
import { saveConnectionTrace } from "../commands/save_connection_trace";
import type { Observer, Session } from "../session";

const AGAIN = "Debug Again";
const TRACE = "Save Connection Trace…";
const LOG = "Show Log";
/** Milliseconds after which it is clear whether the trouble has ended the session. */
const SETTLED = 200;
/** Milliseconds within which the same words of a session are the same trouble. */
const SAME = 10_000;

/** Shows a notification for each trouble, once. */
export class TroubleNotification implements Observer {
    private readonly told = new Set<string>();

    constructor(private readonly log: AdapterLog) {}

    trouble(session: Session, text: string): void {
        const key = `${session.debugSession.id} ${text}`;
        if (this.told.has(key)) {
            return;
        }
        this.told.add(key);
        setTimeout(() => this.told.delete(key), SAME);
        setTimeout(() => {
            void this.tell(session, text);
        }, SETTLED);
    }

    private async tell(session: Session, text: string): Promise<void> {
        const isOver = session.state === "ended";
        const actions = isOver ? [AGAIN, LOG] : session.isLive ? [TRACE, LOG] : [LOG];
        const { name, workspaceFolder, configuration } = session.debugSession;
        switch (await vscode.window.showWarningMessage(`${name}: ${text}`, ...actions)) {
            case AGAIN:
                await vscode.debug.startDebugging(workspaceFolder, configuration);
                break;
            case TRACE:
                await saveConnectionTrace(session);
                break;
            case LOG:
                this.log.show();
                break;
            case undefined:
                break;
        }
    }
}
