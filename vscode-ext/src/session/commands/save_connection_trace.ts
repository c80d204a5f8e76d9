/** `kd.saveConnectionTrace`: a file with what went over the line to the target, for whoever looks for what is wrong. */

import * as os from "node:os";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Session } from "../session";

const OPEN = "Open";

/** Asks for a file, and writes the packets that the adapter remembers to it. */
export async function saveConnectionTrace(session: Session): Promise<void> {
    const { debugSession } = session;
    try {
        const { lines } = (await debugSession.customRequest("kd/trace", { position: 0 })) as { lines: string[] };
        const folder = debugSession.workspaceFolder ?? vscode.workspace.workspaceFolders?.[0];
        const file = await vscode.window.showSaveDialog({
            title: "Save connection trace",
            defaultUri: vscode.Uri.file(path.join(folder?.uri.fsPath ?? os.homedir(), "connection-trace.txt")),
            filters: { Text: ["txt"], "All files": ["*"] },
        });
        if (file === undefined) {
            return;
        }
        const head = `${debugSession.name}: ${session.target ?? ""}, ${session.state}, ${new Date().toISOString()}`;
        const text = [head, ...lines, ""].join("\n");
        await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(text));
        const told = `${lines.length} lines were written to ${path.basename(file.fsPath)}.`;
        if ((await vscode.window.showInformationMessage(told, OPEN)) === OPEN) {
            await vscode.window.showTextDocument(file);
        }
    } catch (error) {
        void vscode.window.showErrorMessage(
            `Connection trace: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
}
