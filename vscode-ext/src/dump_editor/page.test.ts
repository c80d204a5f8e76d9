import assert from "node:assert/strict";
import { test } from "node:test";
import { page } from "./page";

test("what comes from a dump is text, and never markup", () => {
    const html = page({ file: "/a/<b>.dmp", text: `x "<script>alert('1')</script> & y`, isOpen: true });
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.ok(html.includes("&#60;script&#62;") && html.includes("&#60;b&#62;.dmp"));
});

test("only a dump that can be opened has the button", () => {
    assert.ok(page({ file: "a.dmp", text: "", isOpen: true }).includes("<button"));
    assert.ok(!page({ file: "a.dmp", text: "not a dump" }).includes("<button"));
});
