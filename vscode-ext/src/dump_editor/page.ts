/** The page that shows a dump. */

import { randomBytes } from "node:crypto";
import * as path from "node:path";

/** What the page shows. */
export interface Content {
    readonly file: string;
    readonly text: string;
    /** Whether kdap can debug it. */
    readonly isOpen?: boolean;
}

/** The page as HTML. Nothing of the dump gets into it as anything but text. */
export function page({ file, text, isOpen = false }: Content): string {
    const nonce = randomBytes(16).toString("base64");
    const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'`;
    const button = isOpen ? `<button id="debug">Debug with kdap</button>` : "";
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escape(path.basename(file))}</title>
<style nonce="${nonce}">
body { padding: 1em 1.5em; }
header { display: flex; align-items: center; gap: 1.5em; }
h1 { font-size: 1.2em; font-weight: 600; margin: 0; }
button {
    border: none; border-radius: 2px; padding: 6px 14px; cursor: pointer; font: inherit;
    color: var(--vscode-button-foreground); background: var(--vscode-button-background);
}
button:hover { background: var(--vscode-button-hoverBackground); }
pre { font-family: var(--vscode-editor-font-family); font-size: var(--vscode-editor-font-size); white-space: pre-wrap; }
</style>
</head>
<body>
<header><h1>${escape(path.basename(file))}</h1>${button}</header>
<pre>${escape(text)}</pre>
<script nonce="${nonce}">
const vscode = acquireVsCodeApi();
document.getElementById("debug")?.addEventListener("click", () => vscode.postMessage("debug"));
</script>
</body>
</html>`;
}

function escape(text: string): string {
    return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
