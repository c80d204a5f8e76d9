/** The lines whose values are worth showing at a stop. */

/**
 * Lines from the beginning of the function that the target stands in to where it stands, both from 0.
 *
 * A function's body begins where a line at the left margin, or a Rust `fn`, opens it. Without such a line within reach,
 * it is the lines just before the stop.
 */
export function shownLines(lineAt: (line: number) => string, stoppedAt: number): { first: number; last: number } {
    const reach = Math.max(0, stoppedAt - MOST);
    for (let line = stoppedAt; line >= reach; line--) {
        if (BEGINNING.test(lineAt(line))) {
            return { first: Math.max(reach, line), last: stoppedAt };
        }
    }
    return { first: Math.max(0, stoppedAt - WITHOUT_BEGINNING), last: stoppedAt };
}

/** Lines before the stop that are looked at, at most. */
const MOST = 400;
/** Lines before the stop that are shown when the function's beginning isn't found. */
const WITHOUT_BEGINNING = 20;
/** `{` at the left margin, `int main(…) {` at the left margin, `fn name` anywhere. */
const BEGINNING =
    /^\{|^[A-Za-z_][^;=]*\)[^;]*\{\s*$|^\s*(pub(\([^)]*\))?\s+)?(const\s+|async\s+|unsafe\s+|extern\s+("[^"]*"\s+)?)*fn\s/;
