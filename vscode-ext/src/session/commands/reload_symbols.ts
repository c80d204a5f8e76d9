/** `kd.reloadSymbols`: symbols are looked for again, by `.reload`. */

import type { Session } from "../session";
import { runInConsole } from "./run_in_console";

export function reloadSymbols(session: Session): Promise<void> {
    return runInConsole(session, ".reload");
}
