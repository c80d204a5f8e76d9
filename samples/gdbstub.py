"""A client of QEMU's gdb stub: breakpoints, registers, memory. Each processor is a thread, numbered from 1."""

import re
import socket
import struct

REGISTERS = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"] + [f"r{n}" for n in range(8, 16)] + ["rip"]


class GdbStub:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.pending = b""
        self.request("qSupported:hwbreak+;swbreak+")

    def detach(self):
        """The machine runs on."""
        self.request("D")
        self.socket.close()

    def request(self, text):
        self.socket.sendall(f"${text}#{sum(text.encode()) & 255:02x}".encode())
        return self.answer()

    def answer(self):
        while True:
            found = re.search(rb"\$([^#]*)#..", self.pending)
            if found:
                self.pending = self.pending[found.end():]
                self.socket.sendall(b"+")
                return found[1].decode()
            self.pending += self.socket.recv(65536)

    def breakpoint(self, address, insert=True):
        assert self.request(f"{'Z' if insert else 'z'}1,{address:x},1") == "OK"

    def go(self):
        """Runs until a breakpoint; the number of the processor that hit it."""
        return self._stopped(self.request("vCont;c"))

    def step_over_breakpoint(self, thread, address):
        self.breakpoint(address, False)
        self._stopped(self.request(f"vCont;s:{thread:x}"))
        self.breakpoint(address)

    @staticmethod
    def _stopped(reply):
        return int(re.search(r"thread:([0-9a-f.p]+);", reply)[1].split(".")[-1], 16)

    def registers(self, thread):
        assert self.request(f"Hg{thread:x}") == "OK"
        return dict(zip(REGISTERS, struct.unpack_from("<17Q", bytes.fromhex(self.request("g")))))

    def u64(self, address):
        return struct.unpack("<Q", bytes.fromhex(self.request(f"m{address:x},8")))[0]
