/** `kd.rebootTarget`: restarts the target's machine; breakpoints are kept. */

import * as vscode from "vscode";
import type { Session } from "../session";

const REBOOT = "Reboot";

/** Asks, then reboots the target, halted or running. */
export async function rebootTarget(session: Session): Promise<void> {
    const { debugSession } = session;
    if (debugSession.configuration["allowReboot"] !== true) {
        const question = `Reboot ${debugSession.name}?`;
        const detail =
            "The target's machine restarts at once, and what isn't saved there is lost. Breakpoints are kept.";
        if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, REBOOT)) !== REBOOT) {
            return;
        }
    }
    try {
        // The first request asks for the confirmation that the user has given; the second one is it.
        await debugSession.customRequest("restart").then(undefined, () => debugSession.customRequest("restart"));
    } catch (error) {
        void vscode.window.showErrorMessage(`Reboot: ${error instanceof Error ? error.message : String(error)}`);
    }
}
