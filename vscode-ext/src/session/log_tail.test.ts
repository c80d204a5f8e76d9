import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { LogTail } from "./log_tail";

test("everything is passed on once, also what is written before the end and in the middle of a letter", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "kdap-log-"));
    try {
        const file = path.join(folder, "log");
        let read = "";
        const tail = new LogTail(file, (text) => (read += text));
        const letter = Buffer.from("ü");
        appendFileSync(file, Buffer.concat([Buffer.from("first\n"), letter.subarray(0, 1)]));
        while (read === "") {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        appendFileSync(file, letter.subarray(1));
        appendFileSync(file, "last");
        await tail.close();
        assert.equal(read, "first\nülast");
    } finally {
        rmSync(folder, { recursive: true });
    }
});
