import assert from "node:assert/strict";
import { test } from "node:test";
import { fillIn, type Settings } from "./fill_in";

const settings: Settings = { symbolPath: "/s", imagePath: "", sourceMap: { "C:\\a": "/a" }, trace: "debug" };

test("settings stand in for what a configuration leaves out", () => {
    const filled = fillIn({ type: "kd", symbolPath: "" }, settings);
    assert.deepEqual(filled, { type: "kd", symbolPath: "", sourceMap: { "C:\\a": "/a" }, trace: "debug" });
});

test("settings that say nothing add nothing", () => {
    const none: Settings = { symbolPath: "", imagePath: "", sourceMap: {}, trace: "off" };
    assert.deepEqual(fillIn({ type: "kd" }, none), { type: "kd" });
});
