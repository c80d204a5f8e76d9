import assert from "node:assert/strict";
import { test } from "node:test";
import { expressionAt, variablesOn } from "./expression_at";

/** What is found at `|`. */
function at(marked: string): string | undefined {
    const line = marked.replace("|", "");
    const span = expressionAt(line, marked.indexOf("|"));
    return span && line.slice(span.start, span.end);
}

test("the path that leads to the name under the pointer is the expression", () => {
    for (const [marked, expected] of [
        ["x = dev->na|me;", "dev->name"],
        ["x = de|v->name;", "dev"],
        ["x = a.b[3].|c;", "a.b[3].c"],
        ["x = a.b|[3].c;", "a.b"],
        ["x = a[i[1]][j + 2].b|;", "a[i[1]][j + 2].b"],
        ["x = table[ind|ex];", "index"],
        ["x = *p|tr + 1;", "ptr"],
        ["x = (dev) -> |name;", undefined],
        ["x = dev -> |name;", "dev -> name"],
        ["y = Ns::Type::val|ue;", "Ns::Type::value"],
        ["y = ::glob|al;", "::global"],
        ["self.queue.le|n", "self.queue.len"],
        ["for i in 0..cou|nt {", "count"],
        ["this->fi|eld", "this->field"],
        ["event.ty|pe", "event.type"],
    ] as const) {
        assert.equal(at(marked), expected, marked);
    }
});

test("what has no value is no expression", () => {
    for (const marked of [
        "Cal|l(x);",
        "get(x)->na|me",
        "ret|urn x;",
        "un|signed x;",
        "x = 0xff|ee;",
        "x = 10u|l;",
        'print("de|v");',
        "x; // de|v",
        "x; /* de|v */ y;",
        "x = 'c|';",
        "| ;",
        "x = f()[0].a|;",
    ]) {
        assert.equal(at(marked), undefined, marked);
    }
    assert.equal(at('print("%s", de|v);'), "dev");
    assert.equal(at("/* x */ de|v;"), "dev");
});

test("variables of a line are its names without members, functions and words of the language", () => {
    const names = (line: string) => variablesOn(line).map((span) => line.slice(span.start, span.end));
    assert.deepEqual(names('if (dev->count > limit) Log("dev", a[i].b, Ns::x); // rest'), ["dev", "limit", "a", "i"]);
    assert.deepEqual(names("let mut total = self.items[n].size as u64;"), ["total", "self", "n"]);
});
