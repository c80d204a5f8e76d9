/** `kd.analyze`: what crashed, in the debug console. */

import type { Session } from "../session";
import { runInConsole } from "./run_in_console";

export function analyze(session: Session): Promise<void> {
    return runInConsole(session, "!analyze -v");
}
