/** The adapter as a process that takes and gives DAP's messages. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { encode, MessageReader } from "./framing";
import type { Ending } from "./problem";

/** What comes from the process. */
export interface Listener {
    message(message: unknown): void;
    /** What it writes to standard error. */
    log(text: string): void;
    /** It is gone; nothing comes after this. */
    ended(ending: Ending): void;
}

/**
 * Milliseconds that the process has to leave its target in order, once its input was closed. Over a bad line kdap tries
 * for up to 15 s to let the target run again; ended before that, it would leave a halted machine behind.
 */
const LEAVE_WITHIN = 20_000;
/** Characters of standard error that are kept. */
const KEPT = 4000;

/** A running adapter. */
export class AdapterProcess {
    private readonly process: ChildProcessWithoutNullStreams;
    private stderr = "";
    private error: string | undefined;
    private hasEnded = false;

    constructor(
        path: string,
        private readonly listener: Listener,
    ) {
        this.process = spawn(path, ["dap"], { windowsHide: true });
        const reader = new MessageReader();
        this.process.stdout.on("data", (chunk: Buffer) => {
            this.read(reader, chunk);
        });
        this.process.stderr.setEncoding("utf8").on("data", (text: string) => {
            this.stderr = (this.stderr + text).slice(-KEPT);
            listener.log(text);
        });
        this.process.stdin.on("error", () => undefined); // It is gone, which `close` tells.
        this.process.on("error", (error) => {
            this.error ??= error.message;
            if (this.process.pid === undefined) {
                this.end(null, null);
            }
        });
        this.process.on("close", (code, signal) => {
            this.end(code, signal);
        });
    }

    /** Sends a message; nothing happens when the process is gone. */
    send(message: unknown): void {
        if (this.process.stdin.writable) {
            this.process.stdin.write(encode(message));
        }
    }

    /** Closes the process's input, at which it leaves its target and ends. If it doesn't, it is ended. */
    dispose(): void {
        this.process.stdin.end();
        const late = setTimeout(() => this.process.kill("SIGKILL"), LEAVE_WITHIN);
        this.process.once("close", () => {
            clearTimeout(late);
        });
    }

    private read(reader: MessageReader, chunk: Buffer): void {
        if (this.error !== undefined) {
            return;
        }
        try {
            for (const message of reader.push(chunk)) {
                this.listener.message(message);
            }
        } catch (error) {
            this.error = error instanceof Error ? error.message : String(error);
            this.process.kill();
        }
    }

    private end(code: number | null, signal: NodeJS.Signals | null): void {
        if (!this.hasEnded) {
            this.hasEnded = true;
            const { error, stderr } = this;
            this.listener.ended({ code, signal, stderr, ...(error === undefined ? {} : { error }) });
        }
    }
}
