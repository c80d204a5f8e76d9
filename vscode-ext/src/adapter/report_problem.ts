/** Says what is wrong with the adapter, with buttons that help. */

import * as vscode from "vscode";
import type { AdapterLog } from "../session/adapter_log";
import { actions, type AdapterProblem, message, PATH_SETTING } from "./problem";

/** Shows the problem, and does what the user chooses. */
export async function reportProblem(problem: AdapterProblem, log: AdapterLog): Promise<void> {
    const text = message(problem);
    log.append(`${text}\n`);
    switch (await vscode.window.showErrorMessage(text, ...actions(problem))) {
        case "Open Settings":
            await vscode.commands.executeCommand("workbench.action.openSettings", PATH_SETTING);
            break;
        case "Show Log":
            log.show();
            break;
        case undefined:
            break;
    }
}
