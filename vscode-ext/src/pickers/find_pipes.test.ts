import assert from "node:assert/strict";
import { test } from "node:test";
import { inOrder } from "./find_pipes";

test("pipes that look like a serial port come first", () => {
    const names = ["lsass", "vm-com1", "InitShutdown", "kd", "skdfj", "Win11_debug"];
    assert.deepEqual(inOrder(names), ["kd", "vm-com1", "Win11_debug", "InitShutdown", "lsass", "skdfj"]);
});
