/** Values behind the lines of the function that the target stands in. */

import * as vscode from "vscode";
import { variablesOn } from "./expression_at";
import { shownLines } from "./shown_lines";

export const inlineValues: vscode.InlineValuesProvider = {
    provideInlineValues(document, viewPort, context) {
        const stoppedAt = Math.min(context.stoppedLocation.end.line, document.lineCount - 1);
        const { first, last } = shownLines((line) => document.lineAt(line).text, stoppedAt);
        const values: vscode.InlineValue[] = [];
        for (let line = Math.max(first, viewPort.start.line); line <= Math.min(last, viewPort.end.line); line++) {
            for (const { start, end } of variablesOn(document.lineAt(line).text)) {
                values.push(new vscode.InlineValueVariableLookup(new vscode.Range(line, start, line, end)));
            }
        }
        return values;
    },
};
