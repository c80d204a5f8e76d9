/** `kd.rebootTarget` and the restart button: restart the target's machine; breakpoints are kept. */

import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";
import type { Session } from "../session";

const REBOOT = "Reboot";

/** Reboots the target, halted or running. The request is held back until the user has confirmed it. */
export async function rebootTarget(session: Session): Promise<void> {
    try {
        await session.debugSession.customRequest("restart");
    } catch (error) {
        void vscode.window.showErrorMessage(`Reboot: ${error instanceof Error ? error.message : String(error)}`);
    }
}

/** Whether the user wants the target to reboot: asks, unless the configuration allows it. */
export async function confirmReboot({ name, configuration }: vscode.DebugSession): Promise<boolean> {
    if (configuration["allowReboot"] === true) {
        return true;
    }
    const detail = "The target's machine restarts at once, and what isn't saved there is lost. Breakpoints are kept.";
    return (await vscode.window.showWarningMessage(`Reboot ${name}?`, { modal: true, detail }, REBOOT)) === REBOOT;
}

/** The editor's words for the adapter, which doesn't have to ask back: the extension does, with a dialogue. */
export function withoutAskingBack(request: DebugProtocol.Request): DebugProtocol.Request {
    const attaches = request.command === "attach" || request.command === "launch";
    return attaches ? { ...request, arguments: { ...(request.arguments as object), allowReboot: true } } : request;
}
