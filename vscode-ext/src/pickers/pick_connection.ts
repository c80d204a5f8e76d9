/** `kd.pickConnection`: a running virtual machine, as a connection string. */

import { machineItems } from "./machine_items";
import { pickOrEnter } from "./pick_or_enter";

/** `unix:…`, `tcp:…` or `com:pipe,port=…`; `undefined` when the user gives up. */
export async function pickConnection(): Promise<string | undefined> {
    const chosen = await pickOrEnter(machineItems(), {
        title: "Virtual machine",
        placeHolder: "A machine that runs, with its serial port on a socket or pipe",
        prompt: "No such machine was found here: where is its serial port? (QEMU: -serial unix:/tmp/kd,server=on,wait=off)",
        example: process.platform === "win32" ? "com:pipe,port=\\\\.\\pipe\\kd" : "unix:/tmp/kd",
    });
    return typeof chosen === "string" ? chosen : chosen?.connection;
}
