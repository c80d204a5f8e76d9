// What the extension's adapter setting points to: kdap with a validator in between, or one of the things that go wrong.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function script(file, lines, mode = 0o755) {
    fs.writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"), { mode });
    return file;
}

/** Each returns the path for the setting. Reports of the validator go to `out`. */
export const adapters = {
    /** kdap; with dapcheck.py between it and VS Code where that is here. What isn't a session is kdap's own answer. */
    checked({ folder, kdap, dapcheck, out }) {
        const proxy = `exec setsid python3 ${quoted(dapcheck)} proxy --exit-grace 4 --report ${quoted(path.join(out, "dapcheck-%p.json"))} --trace ${quoted(path.join(out, "dapcheck-%p.jsonl"))} -- ${quoted(kdap)} "$@"`;
        return script(path.join(folder, "kdap"), [
            `case "$1" in ''|dap|--port) ${dapcheck ? proxy : `exec ${quoted(kdap)} "$@"`} ;; esac`,
            `exec ${quoted(kdap)} "$@"`,
        ]);
    },
    /** kdap itself: for measuring. */
    plain: ({ kdap }) => kdap,
    missing: ({ folder }) => path.join(folder, "no", "such", "kdap"),
    notExecutable({ folder, kdap }) {
        const file = path.join(folder, "kdap");
        fs.copyFileSync(kdap, file);
        fs.chmodSync(file, 0o644);
        return file;
    },
    tooOld: ({ folder }) => script(path.join(folder, "kdap"), ['echo "kdap 0.0.1"']),
    /** Says its version, and ends as soon as it is to be an adapter. */
    dying({ folder, kdap }) {
        const version = execFileSync(kdap, ["--version"], { encoding: "utf8" }).trim();
        return script(path.join(folder, "kdap"), [
            `case "$1" in --version|-V) echo ${quoted(version)}; exit 0 ;; esac`,
            'echo "kdap: no memory for the sky" >&2',
            "exit 7",
        ]);
    },
};
