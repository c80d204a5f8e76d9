/** The base protocol of DAP: a header that says how long the JSON behind it is. */

const SEPARATOR = "\r\n\r\n";
/** Bytes of a header that are looked through for its end. */
const LONGEST_HEADER = 4096;

/** One message as bytes. */
export function encode(message: unknown): Buffer {
    const body = Buffer.from(JSON.stringify(message), "utf8");
    return Buffer.concat([Buffer.from(`Content-Length: ${body.length}${SEPARATOR}`, "ascii"), body]);
}

/** Puts messages together from the pieces in which they arrive. */
export class MessageReader {
    private readonly chunks: Buffer[] = [];
    private available = 0;
    /** Bytes that the message needs which is being waited for, once its header was read. */
    private needed: number | undefined;

    /**
     * Takes the next piece and gives the messages that it completes.
     *
     * @throws when the bytes aren't DAP's
     */
    push(chunk: Buffer): unknown[] {
        this.chunks.push(chunk);
        this.available += chunk.length;
        const messages: unknown[] = [];
        while (this.available >= (this.needed ?? 1)) {
            const bytes = this.take();
            if (this.needed === undefined) {
                const end = bytes.indexOf(SEPARATOR);
                if (end < 0) {
                    if (bytes.length > LONGEST_HEADER) {
                        throw new Error(`no header within ${LONGEST_HEADER} bytes: ${quote(bytes)}`);
                    }
                    this.putBack(bytes);
                    return messages;
                }
                this.needed = contentLength(bytes.subarray(0, end));
                this.putBack(bytes.subarray(end + SEPARATOR.length));
            } else {
                messages.push(JSON.parse(bytes.toString("utf8", 0, this.needed)));
                this.putBack(bytes.subarray(this.needed));
                this.needed = undefined;
            }
        }
        return messages;
    }

    private take(): Buffer {
        const [first, ...more] = this.chunks.splice(0);
        this.available = 0;
        return first !== undefined && more.length === 0 ? first : Buffer.concat([first ?? Buffer.alloc(0), ...more]);
    }

    private putBack(bytes: Buffer): void {
        if (bytes.length > 0) {
            this.chunks.push(bytes);
            this.available = bytes.length;
        }
    }
}

function contentLength(header: Buffer): number {
    const length = /^content-length:\s*(\d+)\s*$/im.exec(header.toString("ascii"))?.[1];
    if (length === undefined) {
        throw new Error(`a header without a content length: ${quote(header)}`);
    }
    return Number(length);
}

function quote(bytes: Buffer): string {
    return JSON.stringify(bytes.toString("latin1", 0, 100));
}
