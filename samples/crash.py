#!/usr/bin/env python3
"""Makes the sample crashes: boots minint with the sample driver, lets it crash, saves what a dump is made of.

Writes samples/crash/O0.snap, O2.snap (all that a dump writer needs, in a format of this project: see README.md) and
O0.dmp, sample.dmp (the -O2 driver's): kernel bitmap dumps. Needs Python 3 and qemu-system-x86_64.
"""

import os
import struct
import sys

from machine import PAGE, SAMPLES, Machine, Memory

CRASH_BLOCK = struct.Struct("<8s15Q4I")  # CRASH_BLOCK of minint/inc/kd.h
STATUS_BREAKPOINT = 0x80000003
EXCEPTION_NONCONTINUABLE = 1
DUMP_TYPE_BITMAP_KERNEL = 6
SYSTEM_THREAD_EXCEPTION_NOT_HANDLED = 0x7E
CONTEXT_SIZE = 0x4D0
CONTEXT_RIP = 0xF8


class Snapshot:
    """The facts of a crash, and the pages of a kernel dump."""

    def __init__(self, physical, block):
        fields = CRASH_BLOCK.unpack_from(physical, block)
        if fields[0] != b"KDAPCRSH":
            raise RuntimeError("no crash block where the machine said it is")
        (self.directory_table_base, self.debugger_data, self.module_list, self.process_list, self.pfn_database,
         self.memory_block, self.kernel_base, self.bugcheck) = fields[1:9]
        self.parameters = fields[9:13]
        self.context, self.system_time, self.up_time = fields[13:16]
        self.major, self.minor, self.machine, self.processors = fields[16:20]

        self.memory = Memory(physical, self.directory_table_base)
        self.modules = list(self.memory.modules(self.module_list))
        self.pages = self.memory.kernel_pages(self.modules)
        count = self.memory.u32(self.memory_block)
        self.runs = [struct.unpack("<2Q", self.memory.read(self.memory_block + 0x10 + 0x10 * run, 0x10))
                     for run in range(count)]

    def page(self, number):
        return self.memory.physical[number * PAGE:number * PAGE + PAGE]


def write_snap(path, snap):
    zero = bytes(PAGE)
    with open(path, "wb") as file:
        file.write(b"KDAPSNAP" + struct.pack("<2I", 1, 0))
        file.write(struct.pack(
            "<19Q", snap.directory_table_base, snap.debugger_data, snap.module_list, snap.process_list,
            snap.pfn_database, snap.kernel_base, snap.bugcheck, *snap.parameters, snap.context, snap.system_time,
            snap.up_time, snap.major, snap.minor, snap.machine, snap.processors, len(snap.runs)))
        for run in snap.runs:
            file.write(struct.pack("<2Q", *run))
        file.write(struct.pack("<Q", len(snap.pages)))
        for number in snap.pages:
            file.write(struct.pack("<Q", number | (1 << 63 if snap.page(number) == zero else 0)))
        for number in snap.pages:
            if snap.page(number) != zero:
                file.write(snap.page(number))


def write_dump(path, snap):
    """A kernel dump with a bitmap (type 6): header, bitmap, pages. Unused bytes are filled as Windows does."""
    header = bytearray(b"PAGE" * (0x2000 // 4))
    last = max(base + count for base, count in snap.runs)
    bitmap = bytearray((last + 7) // 8)
    for number in snap.pages:
        bitmap[number // 8] |= 1 << number % 8
    first = (0x2000 + 0x38 + len(bitmap) + PAGE - 1) // PAGE * PAGE

    context = snap.memory.read(snap.context, CONTEXT_SIZE)
    rip = struct.unpack_from("<Q", context, CONTEXT_RIP)[0]
    if snap.bugcheck == SYSTEM_THREAD_EXCEPTION_NOT_HANDLED:
        context = snap.memory.read(snap.parameters[3], CONTEXT_SIZE)  # the header has the exception's context then

    struct.pack_into("<4s4s2I4Q2I", header, 0, b"PAGE", b"DU64", snap.major, snap.minor, snap.directory_table_base,
                     snap.pfn_database, snap.module_list, snap.process_list, snap.machine, snap.processors)
    struct.pack_into("<IIQQQQ", header, 0x38, snap.bugcheck, 0x45474150, *snap.parameters)
    struct.pack_into("<Q", header, 0x80, snap.debugger_data)
    struct.pack_into("<IIQ", header, 0x88, len(snap.runs), 0, sum(count for _, count in snap.runs))
    for index, run in enumerate(snap.runs):
        struct.pack_into("<2Q", header, 0x98 + 0x10 * index, *run)
    header[0x348:0x348 + CONTEXT_SIZE] = context
    struct.pack_into("<2I2QI", header, 0xF00, STATUS_BREAKPOINT, EXCEPTION_NONCONTINUABLE, 0, rip, 0)
    struct.pack_into("<I", header, 0xF98, DUMP_TYPE_BITMAP_KERNEL)
    struct.pack_into("<2Q", header, 0xFA0, first + len(snap.pages) * PAGE, snap.system_time)
    header[0xFB0:0x1030] = bytes(0x80)  # comment
    struct.pack_into("<QII2IBB", header, 0x1030, snap.up_time, 0, 0, 1, 0x110, 0, 0)
    struct.pack_into("<2I", header, 0x1050, 0, 0)  # attributes, boot id

    with open(path, "wb") as file:
        file.write(header)
        file.write(struct.pack("<4s4s24x3Q", b"SDMP", b"DUMP", first, len(snap.pages), last) + bitmap)
        file.write(bytes(first - file.tell()))
        for number in snap.pages:
            file.write(snap.page(number))


def main():
    folder = os.path.join(SAMPLES, "crash")
    os.makedirs(folder, exist_ok=True)
    for driver, dump in (("O0", "O0.dmp"), ("O2", "sample.dmp")):
        with Machine(driver) as machine:
            block = machine.wait_for_crash()
            snap = Snapshot(machine.physical_memory(), block)
        write_snap(os.path.join(folder, f"{driver}.snap"), snap)
        write_dump(os.path.join(folder, dump), snap)
        print(f"{driver}: bugcheck {snap.bugcheck:x}, {len(snap.pages)} pages, "
              + ", ".join(f"{name} at {base:x}" for name, base, _ in snap.modules))
        if "-v" in sys.argv:
            print("\n".join(machine.log))


if __name__ == "__main__":
    main()
