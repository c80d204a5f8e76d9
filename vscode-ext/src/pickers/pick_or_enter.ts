/** Lists that also take what isn't on them. */

import * as vscode from "vscode";

/** Asks for one of the items or for a text of the user's own; `undefined` when the user gives up. */
export async function pickOrEnter<I extends vscode.QuickPickItem>(
    items: Promise<readonly I[]>,
    options: { title: string; placeHolder: string; prompt: string; example: string },
): Promise<I | string | undefined> {
    const enter: vscode.QuickPickItem = { label: "$(edit) Enter another one…", alwaysShow: true };
    const found = await items;
    const isEmpty = found.length === 0;
    const chosen = isEmpty
        ? enter
        : await vscode.window.showQuickPick<vscode.QuickPickItem>([...found, enter], {
              title: options.title,
              placeHolder: options.placeHolder,
              matchOnDescription: true,
          });
    if (chosen !== enter) {
        return found.find((item) => item === chosen);
    }
    const { title, prompt, example: value } = options;
    const text = await vscode.window.showInputBox({ title, prompt, value, ignoreFocusOut: true });
    return text?.trim() === "" ? undefined : text?.trim();
}
