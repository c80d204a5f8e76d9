/** The configuration that opens a dump. */

import * as path from "node:path";

/** What debugs this dump. */
export function dumpConfiguration(dumpFile: string) {
    return { type: "kd", request: "attach", name: path.basename(dumpFile), dumpFile };
}
