/** Follows a file that somebody else writes. */

import { type FileHandle, open } from "node:fs/promises";

/** Milliseconds between two looks at the file. */
const INTERVAL = 300;
/** Bytes that are taken at once. */
const PIECE = 64 * 1024;

/** Passes on what is in a file and what is appended to it, until it is closed. */
export class LogTail {
    private position = 0;
    private closing: Promise<void> | undefined;
    private timer: NodeJS.Timeout | undefined;
    private looking: Promise<void> | undefined;
    private readonly decoder = new TextDecoder();

    constructor(
        private readonly file: string,
        private readonly append: (text: string) => void,
    ) {
        this.schedule();
    }

    /** Passes on what is left, and looks no more. */
    close(): Promise<void> {
        return (this.closing ??= this.finish());
    }

    private async finish(): Promise<void> {
        clearTimeout(this.timer);
        await this.looking;
        await this.look();
    }

    private schedule(): void {
        this.timer = setTimeout(() => {
            this.looking = this.look().finally(() => {
                if (this.closing === undefined) {
                    this.schedule();
                }
            });
        }, INTERVAL);
    }

    private async look(): Promise<void> {
        let file: FileHandle | undefined;
        try {
            file = await open(this.file);
            if ((await file.stat()).size < this.position) {
                // Another session has begun it anew.
                this.position = 0;
                this.decoder.decode();
            }
            for (;;) {
                const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE), 0, PIECE, this.position);
                if (bytesRead === 0) {
                    return;
                }
                this.position += bytesRead;
                this.append(this.decoder.decode(buffer.subarray(0, bytesRead), { stream: true }));
            }
        } catch {
            // It isn't there yet, or not any more.
        } finally {
            await file?.close();
        }
    }
}
