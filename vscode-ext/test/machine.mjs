// The sample kernel (samples/minint) with the live driver, under QEMU: what a debugger attaches to.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const QEMU = "qemu-system-x86_64";
const TIME_LIMIT_MS = 30_000;
/** What the driver's load writes to the first serial port once the kernel runs. */
const BOOTED = "livedrv: DriverEntry returned 00000000";
/** `_KUSER_SHARED_DATA.TickCount` */
const TICK_COUNT = "0xfffff78000000320";

export const hasQemu = () =>
    (process.env.PATH ?? "").split(path.delimiter).some((folder) => fs.existsSync(path.join(folder, QEMU)));

/** Switches on a machine with the driver in `samples/livedrv/<build>`. Its files go to `folder`. */
export function switchOn(samples, build, folder) {
    const file = (name) => path.join(folder, name);
    const log = fs.openSync(file("qemu.log"), "w");
    const child = spawn(
        QEMU,
        [
            "-m",
            "16",
            "-smp",
            "2",
            "-display",
            "none",
            "-no-user-config",
            "-nic",
            "none",
            "-name",
            "minint",
            "-qmp",
            `unix:${file("qmp")},server=on,wait=off`,
            "-serial",
            `file:${file("console.txt")}`,
            "-serial",
            `unix:${file("kd")},server=on,wait=off`,
            "-kernel",
            path.join(samples, "minint/bin/boot.exe"),
            "-append",
            "/DEBUG /LIVE=100",
            "-initrd",
            `${path.join(samples, "minint/bin/ntkrnlmp.exe")},${path.join(samples, "livedrv", build, "livedrv.sys")}`,
        ],
        { stdio: ["ignore", log, log] },
    );
    return new Machine(child, file);
}

class Machine {
    constructor(child, file) {
        this.child = child;
        /** The debugger's serial port. */
        this.socket = file("kd");
        this.monitor = file("qmp");
        this.console = file("console.txt");
        this.log = file("qemu.log");
    }

    /** Waits until the kernel and its driver run. */
    async boot() {
        const end = Date.now() + TIME_LIMIT_MS;
        while (!(fs.existsSync(this.console) && fs.readFileSync(this.console, "latin1").includes(BOOTED))) {
            if (this.child.exitCode !== null || Date.now() > end)
                throw new Error(`the sample kernel didn't boot: ${fs.readFileSync(this.log, "utf8")}`);
            await sleep(50);
        }
    }

    /** Throws unless the kernel's clock ticks: one that is halted by a debugger stands still. */
    async mustRun() {
        const before = await this.ticks();
        const end = Date.now() + 10_000;
        while ((await this.ticks()) === before) {
            if (Date.now() > end) throw new Error("the kernel stands still after the session");
            await sleep(50);
        }
    }

    async ticks() {
        const answer = await this.ask("human-monitor-command", { "command-line": `x /1gx ${TICK_COUNT}` });
        return answer.trim();
    }

    /** One question to QEMU's monitor, over a connection of its own. */
    ask(execute, args) {
        return new Promise((resolve, reject) => {
            const stream = net.connect(this.monitor);
            let text = "";
            stream.setTimeout(TIME_LIMIT_MS, () => stream.destroy(new Error("QEMU does not answer")));
            stream.on("error", reject);
            stream.on("connect", () =>
                stream.write(
                    `${JSON.stringify({ execute: "qmp_capabilities" })}\n${JSON.stringify({ execute, arguments: args, id: 1 })}\n`,
                ),
            );
            stream.on("data", (data) => {
                text += data;
                for (const line of text.split("\n").slice(0, -1)) {
                    const answer = JSON.parse(line);
                    if (answer.id !== 1) continue;
                    stream.destroy();
                    if (answer.error) reject(new Error(answer.error.desc));
                    else resolve(answer.return);
                }
            });
        });
    }

    switchOff() {
        this.child.kill("SIGKILL");
    }
}
