/** What is evaluated when the pointer rests on source code. */

import * as vscode from "vscode";
import { expressionAt } from "./expression_at";

export const hoverExpressions: vscode.EvaluatableExpressionProvider = {
    provideEvaluatableExpression(document, position) {
        const line = document.lineAt(position).text;
        const span = expressionAt(line, position.character);
        if (span === undefined) {
            return undefined;
        }
        const range = new vscode.Range(position.line, span.start, position.line, span.end);
        return new vscode.EvaluatableExpression(range, line.slice(span.start, span.end));
    },
};
