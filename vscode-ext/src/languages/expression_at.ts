/** The expression under the pointer, in C, C++ and Rust. */

/** A part of a line, from `start` to before `end`. */
export interface Span {
    readonly start: number;
    readonly end: number;
}

/** Words that no expression is made of. `this` and `self` are. */
const KEYWORDS = new Set(
    (
        "alignas alignof as asm async auto await bool break case catch char class const constexpr continue crate default " +
        "delete do double dyn else enum explicit extern false float fn for friend goto if impl in inline int let long loop " +
        "match mod move mut namespace new noexcept nullptr operator private protected pub public ref register return short " +
        "signed sizeof static struct super switch template throw trait true try type typedef typename union unsafe unsigned " +
        "use using virtual void volatile where while " +
        "i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 str"
    ).split(" "),
);

/**
 * The path that ends with the name at `column`: `dev->name` on `name`, `a.b[3].c` on `c`, only `a` on `a`.
 *
 * @returns nothing where there is no name, or one that a call is before: what it would return isn't known
 */
export function expressionAt(line: string, column: number): Span | undefined {
    const name = nameAt(line, column);
    if (name === undefined || isInTextOrComment(line, name.start)) {
        return undefined;
    }
    if (/^\s*\(/.test(line.slice(name.end))) {
        return undefined; // a function, or a macro
    }
    const start = pathStart(line, name.start);
    return start === undefined ? undefined : { start, end: name.end };
}

/** The name that `column` is in or at the end of. */
function nameAt(line: string, column: number): Span | undefined {
    for (const match of line.matchAll(/[A-Za-z_$][\w$]*/g)) {
        const span = { start: match.index, end: match.index + match[0].length };
        if (span.start <= column && column <= span.end) {
            const isNumber = /\d/.test(line[span.start - 1] ?? "");
            const isMember = /(\.|->|::)\s*$/.test(line.slice(0, span.start));
            return isNumber || (KEYWORDS.has(match[0]) && !isMember) ? undefined : span;
        }
    }
    return undefined;
}

/** Where the path begins that leads to the name at `at`; nothing if it leads through a call. */
function pathStart(line: string, at: number): number | undefined {
    const before = line.slice(0, at);
    const link = /(->|\.|::)\s*$/.exec(before);
    if (link === null || /\.\.\.?$/.test(before)) {
        return at;
    }
    let end = link.index;
    end = before.slice(0, end).trimEnd().length;
    while (before[end - 1] === "]") {
        const open = openingBracket(before, end - 1);
        if (open === undefined) {
            return undefined;
        }
        end = before.slice(0, open).trimEnd().length;
    }
    const owner = /[A-Za-z_$][\w$]*$/.exec(before.slice(0, end));
    if (owner !== null) {
        return pathStart(line, owner.index);
    }
    return link[1] === "::" ? link.index : undefined;
}

/** The bracket that belongs to the closing one at `at`. */
function openingBracket(text: string, at: number): number | undefined {
    let depth = 0;
    for (let index = at; index >= 0; index--) {
        depth += text[index] === "]" ? 1 : text[index] === "[" ? -1 : 0;
        if (depth === 0) {
            return index;
        }
    }
    return undefined;
}

/** Whether a place is inside a string, a character, or a comment that begins on this line. */
export function isInTextOrComment(line: string, column: number): boolean {
    for (const match of line.matchAll(/"(?:\\.|[^"\\])*"?|'(?:\\.[^']*|[^'\\])'|\/\/.*|\/\*.*?(?:\*\/|$)/g)) {
        if (match.index <= column && column < match.index + match[0].length) {
            return true;
        }
    }
    return false;
}

/** The names on a line that may be variables: no keywords, members, functions, or parts of texts and comments. */
export function variablesOn(line: string): Span[] {
    const spans: Span[] = [];
    for (const match of line.matchAll(/[A-Za-z_$][\w$]*/g)) {
        const span = expressionAt(line, match.index);
        const isOwn = span?.start === match.index;
        const isPartOfPath = /^\s*::/.test(line.slice(match.index + match[0].length));
        if (isOwn && !isPartOfPath) {
            spans.push(span);
        }
    }
    return spans;
}
