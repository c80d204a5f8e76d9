import assert from "node:assert/strict";
import { test } from "node:test";
import { isSerialPort, parseRegistry } from "./find_serial_ports";

test("devices that a cable goes to are serial ports", () => {
    const devices = ["tty", "tty1", "ttyS0", "ttyUSB1", "ttyACM0", "cu.usbserial-1", "cu", "null", "pts"];
    assert.deepEqual(devices.filter(isSerialPort), ["ttyS0", "ttyUSB1", "ttyACM0", "cu.usbserial-1"]);
});

test("the registry's list gives its ports in order", () => {
    const output = [
        "HKEY_LOCAL_MACHINE\\HARDWARE\\DEVICEMAP\\SERIALCOMM",
        "    \\Device\\VCP0    REG_SZ    COM10\r",
        "    \\Device\\Serial0    REG_SZ    COM2\r",
    ];
    assert.deepEqual(parseRegistry(output.join("\n")), ["COM2", "COM10"]);
});
