import assert from "node:assert/strict";
import { test } from "node:test";
import { shownLines } from "./shown_lines";

function first(text: string, stoppedAt: number): number {
    const lines = text.split("\n");
    return shownLines((line) => lines[line] ?? "", stoppedAt).first;
}

test("lines are shown from the function's beginning", () => {
    assert.equal(first("int a(void)\n{\n  x;\n}\nint b(void)\n{\n  y;\n  z;", 7), 5);
    assert.equal(first("int a(void) {\n  if (x) {\n    y;", 2), 0);
    assert.equal(first("impl A {\n    fn a() {\n    }\n    pub(crate) unsafe fn b(&self) {\n        x;\n", 4), 3);
});

test("without a beginning, the lines just before are shown", () => {
    assert.equal(first("  x;\n".repeat(100), 50), 30);
    assert.equal(first("  x;\n".repeat(100), 5), 0);
});
