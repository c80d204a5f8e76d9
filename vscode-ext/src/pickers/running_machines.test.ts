import assert from "node:assert/strict";
import { test } from "node:test";
import { machineLines, parseDomainXml, parsePs, parseShowVmInfo } from "./running_machines";

function lines(command: string) {
    return machineLines({ pid: 7, arguments: command.split(" ") });
}

test("QEMU's serial sockets are found in either way to write them", () => {
    for (const [command, connection] of [
        ["qemu-system-x86_64 -m 16 -serial unix:/tmp/kd,server=on,wait=off", "unix:/tmp/kd"],
        ["/usr/bin/qemu-system-x86_64 -serial unix:/tmp/kd,server,nowait", "unix:/tmp/kd"],
        ["qemu-system-x86_64 --serial tcp:127.0.0.1:4555,server=on,wait=off", "tcp:127.0.0.1:4555"],
        ["qemu-system-aarch64 -serial tcp::4555,server=on", "tcp:localhost:4555"],
        ["qemu-kvm -chardev socket,id=charserial0,path=/run/kd,server=on -device isa-serial", "unix:/run/kd"],
        ["qemu-system-x86_64 -chardev socket,id=s,host=0.0.0.0,port=9,server=on", "tcp:localhost:9"],
        ["qemu-system-x86_64 -serial unix:/a,,b,server=on", 'unix:"/a,b"'],
    ] as const) {
        assert.deepEqual(
            lines(command).map((line) => line.connection),
            [connection],
            command,
        );
    }
});

test("a machine is called by its name, if it has one", () => {
    const serial = "-serial unix:/tmp/kd,server=on";
    assert.equal(lines(`qemu-system-x86_64 -name guest=win11,debug-threads=on ${serial}`)[0]?.machine, "win11");
    assert.equal(lines(`qemu-system-x86_64 -name win10 ${serial}`)[0]?.machine, "win10");
    assert.deepEqual(lines(`qemu-system-x86_64 ${serial}`), [
        { connection: "unix:/tmp/kd", socket: "/tmp/kd", machine: "qemu-system-x86_64", pid: 7 },
    ]);
});

test("what is no serial line to connect to is left out", () => {
    for (const command of [
        "grep -serial unix:/tmp/kd,server=on",
        "qemu-system-x86_64 -serial stdio -serial file:log",
        "qemu-system-x86_64 -serial unix:/tmp/kd",
        "qemu-system-x86_64 -chardev socket,id=charmonitor,path=/run/monitor.sock,server=on",
        "qemu-system-x86_64 -chardev socket,id=charchannel0,path=/run/agent,server=on",
        "qemu-system-x86_64 -serial",
    ]) {
        assert.deepEqual(lines(command), [], command);
    }
});

test("a relative path is one in the folder that QEMU runs in, or of no use", () => {
    const relative = ["qemu-system-x86_64", "-serial", "unix:vm/kd,server=on"];
    const connections = (folder: string | undefined, ...further: string[]) =>
        machineLines({ pid: 7, arguments: [...relative, ...further], ...(folder === undefined ? {} : { folder }) }).map(
            (line) => line.connection,
        );
    assert.deepEqual(connections("/home/a"), ["unix:/home/a/vm/kd"]);
    assert.deepEqual(connections(undefined), []);
    assert.deepEqual(connections("/", "-daemonize"), []);
});

test("the output of ps is taken apart", () => {
    const output = "    1 /sbin/launchd\n  812 qemu-system-x86_64 -m 4G  -serial unix:/tmp/kd,server=on\n\n";
    assert.deepEqual(
        parsePs(output)
            .flatMap(machineLines)
            .map((line) => [line.pid, line.connection]),
        [[812, "unix:/tmp/kd"]],
    );
});

test("VirtualBox's serial ports are found where it is the server", () => {
    const info =
        'name="Windows 11"\nuart1="0x03f8,4"\nuartmode1="server,/tmp/vbox kd"\nuart2="off"\nuartmode3="tcpserver,4555"\n';
    assert.deepEqual(parseShowVmInfo(info), [
        { connection: "unix:/tmp/vbox kd", socket: "/tmp/vbox kd", machine: "Windows 11", pid: 0 },
        { connection: "tcp:localhost:4555", machine: "Windows 11", pid: 0 },
    ]);
    assert.deepEqual(parseShowVmInfo('name="x"\nuartmode1="disconnected"\nuartmode2="client,/tmp/kd"\n'), []);
});

test("libvirt's serial ports are found where it is the server", () => {
    const xml = `<domain type='kvm' id='3'><name>win11</name><devices>
        <serial type='unix'>
          <source mode='bind' path='/tmp/kd'/>
          <target type='isa-serial' port='0'><model name='isa-serial'/></target>
        </serial>
        <serial type="tcp"><source mode="bind" host="127.0.0.1" service="4555"/><protocol type="raw"/></serial>
        <serial type='unix'><source mode='connect' path='/tmp/other'/></serial>
        <serial type='pty'><source path='/dev/pts/3'/></serial>
        <channel type='unix'><source mode='bind' path='/run/agent'/></channel>
      </devices></domain>`;
    assert.deepEqual(parseDomainXml(xml), [
        { connection: "unix:/tmp/kd", socket: "/tmp/kd", machine: "win11", pid: 0 },
        { connection: "tcp:127.0.0.1:4555", machine: "win11", pid: 0 },
    ]);
});
