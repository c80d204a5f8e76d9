/** `kd.pickPipe`: the path of a named pipe, or of a Unix socket, as a connection string takes it. */

import { quoted } from "../configurations/connection_text";
import { machineItems } from "./machine_items";
import { pickOrEnter } from "./pick_or_enter";

/** A pipe (on Windows) or a virtual machine's socket; `undefined` when the user gives up. */
export async function pickPipe(): Promise<string | undefined> {
    const isWindows = process.platform === "win32";
    const items = machineItems().then((items) => items.filter((item) => item.path !== undefined));
    const chosen = await pickOrEnter(items, {
        title: isWindows ? "Named pipe" : "Serial socket",
        placeHolder: "The serial port of a virtual machine",
        prompt: isWindows
            ? "The named pipe that is the machine's serial port (Set-VMComPort -Path)"
            : "The socket that is the machine's serial port (-serial unix:PATH,server=on,wait=off)",
        example: isWindows ? "\\\\.\\pipe\\kd" : "/tmp/kd",
    });
    const path = typeof chosen === "string" ? chosen : chosen?.path;
    return path === undefined ? undefined : quoted(path);
}
