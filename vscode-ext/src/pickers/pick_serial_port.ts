/** `kd.pickSerialPort`: the name of a serial port. */

import { findSerialPorts } from "./find_serial_ports";
import { pickOrEnter } from "./pick_or_enter";

/** `COM1`, `/dev/ttyUSB0`; `undefined` when the user gives up. */
export async function pickSerialPort(): Promise<string | undefined> {
    const items = findSerialPorts().then((ports) => ports.map((label) => ({ label })));
    const chosen = await pickOrEnter(items, {
        title: "Serial port",
        placeHolder: "The port that the null-modem cable is plugged into",
        prompt: "The port that the null-modem cable is plugged into",
        example: process.platform === "win32" ? "COM1" : "/dev/ttyUSB0",
    });
    return typeof chosen === "string" ? chosen : chosen?.label;
}
