"""Boots minint in QEMU and talks to it: the serial port's text, QMP, physical memory."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time

SAMPLES = os.path.dirname(os.path.abspath(__file__))
QEMU = "qemu-system-x86_64"
MEMORY_MB = 16
PAGE = 0x1000
TIMEOUT = 120  # seconds; a crash takes one


def command(driver, folder):
    """QEMU's command line, to be run in SAMPLES. One thread that counts instructions, a clock of its own, paths (the
    machine gets to see them) that are the same everywhere: each run is the same."""
    return [
        QEMU, "-machine", "pc", "-cpu", "qemu64", "-accel", "tcg,thread=single", "-icount", "shift=3,sleep=off",
        "-m", str(MEMORY_MB), "-smp", "2", "-rtc", "base=2026-01-02T03:04:05,clock=vm",
        "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
        "-qmp", f"unix:{folder}/qmp,server=on,wait=off",
        "-kernel", "minint/bin/boot.exe",
        "-initrd", f"minint/bin/ntkrnlmp.exe,driver/{driver}/sampledrv.sys",
    ]


class Machine:
    """A running QEMU. `driver` is the folder of the sample driver to load: "O0" or "O2"."""

    def __init__(self, driver, extra=()):
        self.folder = tempfile.mkdtemp(prefix="minint")
        self.process = subprocess.Popen(
            command(driver, self.folder) + list(extra), cwd=SAMPLES,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.watchdog = threading.Timer(TIMEOUT, self.process.kill)
        self.watchdog.start()
        self.log = []
        self.control = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watchdog.cancel()
        if self.control:
            self.control.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_for_crash(self):
        """Reads the serial port until the machine has crashed; the physical address of its crash block."""
        for line in self.process.stdout:
            self.log.append(line.rstrip("\r\n"))
            found = re.match(r"minint: crash block at ([0-9a-f]+)", line)
            if found:
                return int(found[1], 16)
        raise RuntimeError("QEMU ended without a crash:\n" + "\n".join(self.log))

    def _qmp(self, execute, **arguments):
        if self.control is None:
            while not os.path.exists(f"{self.folder}/qmp"):
                time.sleep(0.01)
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(f"{self.folder}/qmp")
            self.control = connection.makefile("rw")
            connection.close()
            self.control.readline()  # the greeting
            self._qmp("qmp_capabilities")
        self.control.write(json.dumps({"execute": execute, "arguments": arguments}) + "\n")
        self.control.flush()
        while True:
            answer = json.loads(self.control.readline())
            if "error" in answer:
                raise RuntimeError(f"{execute}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def open_gdb_stub(self):
        """Starts QEMU's gdb stub; the path of its socket. For a machine that was started with -S."""
        path = f"{self.folder}/gdb"
        self._qmp("human-monitor-command", **{"command-line": f"gdbserver unix:{path},server=on,wait=off"})
        return path

    def physical_memory(self):
        """Stops the machine and returns all of its memory."""
        self._qmp("stop")
        path = f"{self.folder}/memory"
        self._qmp("pmemsave", val=0, size=MEMORY_MB << 20, filename=path)
        with open(path, "rb") as file:
            return file.read()


class Memory:
    """Physical memory and one address space over it, read by the page tables alone."""

    def __init__(self, physical, directory_table_base):
        self.physical = physical
        self.root = directory_table_base

    def entry(self, table, index):
        return struct.unpack_from("<Q", self.physical, table + index * 8)[0]

    def translate(self, address):
        table = self.root
        for shift in (39, 30, 21, 12):
            entry = self.entry(table, address >> shift & 511)
            if not entry & 1:
                raise ValueError(f"{address:#x} is not mapped")
            base = entry & 0xFFFFFFFFFF000
            if shift == 21 and entry & 0x80:
                return (base & ~0x1FFFFF) | (address & 0x1FFFFF)
            table = base
        return table | (address & 0xFFF)

    def read(self, address, length):
        result = b""
        while length:
            part = min(length, PAGE - address % PAGE)
            at = self.translate(address)
            result += self.physical[at:at + part]
            address += part
            length -= part
        return result

    def u32(self, address):
        return struct.unpack("<I", self.read(address, 4))[0]

    def u64(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def modules(self, head):
        """The loaded modules, by the list at PsLoadedModuleList: (name, base, size)."""
        entry = self.u64(head)
        while entry != head:
            length = self.u32(entry + 0x58) & 0xFFFF
            name = self.read(self.u64(entry + 0x60), length).decode("utf-16-le")
            yield name, self.u64(entry + 0x30), self.u32(entry + 0x40)
            entry = self.u64(entry)

    def kernel_pages(self, modules):
        """The frame numbers that a kernel dump has: page tables, what they map in RAM, of large pages the images."""
        pages = set()
        for i4 in range(512):
            e4 = self.entry(self.root, i4)
            if not e4 & 1 or (e4 & 0xFFFFFFFFFF000) == self.root:  # the self-map
                continue
            for table in self._tables(e4 & 0xFFFFFFFFFF000, 2, pages):
                pages.add(table)
        pages.add(self.root // PAGE)
        for _, base, size in modules:
            pages.update(self.translate(base + offset) // PAGE for offset in range(0, size, PAGE))
        return sorted(page for page in pages if page < len(self.physical) // PAGE)

    def _tables(self, table, level, pages):
        yield table // PAGE
        for index in range(512):
            entry = self.entry(table, index)
            if not entry & 1 or (level == 1 and entry & 0x80):
                continue
            if level == 0:
                pages.add((entry & 0xFFFFFFFFFF000) // PAGE)
            else:
                yield from self._tables(entry & 0xFFFFFFFFFF000, level - 1, pages)
