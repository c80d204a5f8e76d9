#!/usr/bin/env python3
"""Writes samples/crash/O0.expected.json, O2.expected.json and expected.md: what a debugger has to show of the crashes.

Independent of kdap, from these sources:
- QEMU's gdb stub: the machine is stopped at the entry of every function, and stack pointer, return address and
  registers are noted. What is still on a stack at the end is its true call chain: nothing is unwound.
- LLVM's tools: llvm-symbolizer for inlined calls and lines, llvm-pdbutil for variables and where they live.
- The memory that crash.py saved, read by the page tables alone: the values of those variables.
- SOURCE below: the values that the source code gives them. Each value that is read must be the same.
"""

import json
import os
import struct

from crash import Snapshot
from gdbstub import GdbStub
from machine import SAMPLES, Machine
from symbols import SIZES, Symbols, structures

SKIPPED = {"KeStallExecutionProcessor", "KiAcquireSpinLock", "KiReleaseSpinLock",
           "memcpy", "memset", "memmove", "memcmp"}  # called too often; call nothing
TRAPS = {"KiPageFault", "KiNmiInterrupt"}
START_FRAMES = {"KiStartSystemThread", "KiStartProcessor", "KiSystemStartup"}  # begin with 0x28 bytes allocated
NON_VOLATILE = {"rbx", "rbp", "rsi", "rdi", "rsp", "r12", "r13", "r14", "r15"}
KERNEL_BASE, DRIVER_BASE = 0xFFFFF80310000000, 0xFFFFF80320000000
TRAP_RIP, TRAP_RSP, TRAP_XMM0 = 0x168, 0x180, 0x70  # _KTRAP_FRAME

PATH = struct.pack("<6i", 10, 20, 30, -40, -50, 60)
VALUE = 0x02020202 + 30 * -40
SOURCE = {
    ("SlotStore", "Slot"): 0, ("SlotStore", "Value"): VALUE, ("SlotStore", "mixed"): VALUE ^ 0x50414D53,
    ("SlotWrite", "Index"): 1, ("SlotWrite", "Value"): VALUE, ("SlotWrite", "slot"): 0,
    ("SampleStore", "Index"): 1, ("SampleStore", "Cookie"): 0x1122334455667788, ("SampleStore", "Letter"): ord("K"),
    ("SampleStore", "value"): VALUE, ("SampleStore", "scaled"): 22.5, ("SampleStore", "StoreCount"): 1,
    ("SampleStart", "Index"): 1, ("SampleStart", "total"): 0x03030303, ("SampleStart", "path"): PATH.hex(),
    ("DriverEntry", "status"): 0,
}
GLOBALS = {"StartCount": ("I", [1]), "FirstSlot": ("2I", [0x1111, 1]), "LastSlot": ("2I", [0x3333, 3])}
DEVICE = {  # of SampleDevice at the crash, by driver.c and crash.c: how to read a member, and what is there
    "Signature": ("I", [0x50414D53]), "State": ("i", [2]), "Color": ("i", [-1]), "LastStatus": ("I", [0xC00000A3]),
    "Flags": ("<Ii2Q", [1 | 5 << 1 | 9 << 4 | 0xABCDEF << 8, -3 & 31 | 1000 << 5, 0x123456789A, 0x10]),
    "Created": ("Q", [0x01D700000000002A]),
    "InterfaceId": ("<IHH8s", [0x4B444150, 1, 0x4002, b"\x80\x03kdap\x04\x05".hex()]),
    "Corners": ("4i", [-100, 200, 300, -400]), "Matrix": ("6h", [1, 2, 3, -4, -5, -6]),
    "Enabled": ("B", [1]), "Grade": ("B", [ord("B")]), "Unit": ("4H", [ord("m"), ord("/"), ord("s"), 0xB2]),
    "Scale": ("f", [0.5]), "Ratio": ("d", [2.25]), "Value": ("I", [0xCAFEBABE]), "EntryCount": ("I", [3]),
}
ENTRIES = [[100, 0x01010101, "alpha"], [200, 0x02020202, "beta"], [300, 0x03030303, "gamma"]]
STRINGS = {"Name": "\\Device\\Sample0", "Vendor": "kdap project"}


class Run:
    """One run of the machine under the gdb stub: the entries of functions, and the memory at the end."""

    def __init__(self, driver):
        folder = os.path.join(SAMPLES, "driver", driver)
        binaries = os.path.join(SAMPLES, "minint", "bin")
        self.modules = [
            Symbols(f"{binaries}/ntkrnlmp.exe", f"{binaries}/ntkrnlmp.pdb", KERNEL_BASE),
            Symbols(f"{folder}/sampledrv.sys", f"{folder}/sampledrv.pdb", DRIVER_BASE),
        ]
        self.entries = []
        with Machine(driver, ["-S"]) as machine:
            gdb = GdbStub(machine.open_gdb_stub())
            breakpoints = {module.base + rva: name for module in self.modules
                           for rva, name in module.functions.items() if name not in SKIPPED}
            for address in breakpoints:
                gdb.breakpoint(address)
            while True:
                thread = gdb.go()
                registers = gdb.registers(thread)
                name = breakpoints[registers["rip"]]
                registers["function"] = name
                registers["return"] = gdb.u64(registers["rsp"] + (0x28 if name in START_FRAMES else 0))
                self.entries.append(registers)
                if name == "KdReportCrash":
                    break
                gdb.step_over_breakpoint(thread, registers["rip"])
            for address in breakpoints:
                gdb.breakpoint(address, False)
            gdb.detach()
            block = machine.wait_for_crash()
            self.snapshot = Snapshot(machine.physical_memory(), block)
        self.memory = self.snapshot.memory

    def module(self, address):
        return next((module for module, (_, base, size) in zip(self.modules, self.snapshot.modules)
                     if base <= address < base + size), None)

    def chain(self, thread):
        """The calls that are on a thread's stack at the end, outermost first."""
        limit, base = self.memory.u64(thread + 0x30), self.memory.u64(thread + 0x38)
        calls = []
        for entry in self.entries:
            if limit <= entry["rsp"] < base:
                while calls and calls[-1]["rsp"] <= entry["rsp"]:
                    calls.pop()
                calls.append(entry)
        return calls

    def stack(self, calls, last_rip=None, last_rsp=None):
        """The frames of a chain, innermost first, inlined ones included. The innermost function is at last_rip."""
        frames = []
        rip, rsp, registers = last_rip, last_rsp, None
        for depth, call in enumerate(reversed(calls)):
            caller = depth > 0 and not calls[-depth]["function"] in TRAPS
            frames += self.frames(call, rip, rsp, rip - 1 if caller else rip, registers, caller)
            registers = call
            if call["function"] in TRAPS:
                trap = call["rsp"] + 8 - TRAP_RIP
                rip, rsp = self.memory.u64(trap + TRAP_RIP), self.memory.u64(trap + TRAP_RSP)
                frames[-1]["trap_frame"] = hex(trap)
                del frames[-1]["return_address"]
                registers = dict(call, xmm0=self.memory.read(trap + TRAP_XMM0, 8))
            else:
                rip, rsp = call["return"], call["rsp"] + 8
        for index, frame in enumerate(frames):
            frame["frame"] = index
        return [{"frame": frame.pop("frame"), **frame} for frame in frames]

    def frames(self, call, rip, rsp, lookup, registers, caller):
        """One call's frames. `lookup` is the address for lines and variables: inside the call, not behind it."""
        module = self.module(rip)
        name, displacement = module.nearest(rip - module.base)
        assert name == call["function"], (name, call["function"])
        names = module.inline_frames(lookup - module.base)
        if names[0][1] is None:  # no lines: llvm-symbolizer knows the name by the publics alone
            names = [(name, None, None)]
        assert names[-1][0].lstrip("?").split("@")[0] == name.lstrip("?").split("@")[0] or "filt" in name, (names, name)
        result = []
        for index, (inner, file, line) in enumerate(names):
            inlined = index < len(names) - 1
            frame = {
                "function": ("nt!" if module.base == KERNEL_BASE else "sampledrv!") + (inner if inlined else name),
                "inline": inlined, "rip": hex(rip), "rsp": hex(rsp),
            }
            if not inlined:
                frame["displacement"] = hex(displacement)
                frame["return_address"] = hex(call["return"])
            if file:
                frame["file"], frame["line"] = file, line
            if module.base == DRIVER_BASE:
                state = {name: value for name, value in dict(registers, rip=rip, rsp=rsp).items()
                         if not caller or name in NON_VOLATILE}
                frame["variables"] = [
                    self.variable(module, inner, variable, lookup - module.base, state)
                    for variable in module.variables(lookup - module.base, len(names) - 1 - index)]
            result.append(frame)
        return result

    def variable(self, module, function, variable, rva, registers):
        """Where a variable is at an address, by the PDB, and the value there."""
        role = "static" if variable["kind"] == "S_LDATA32" else "parameter" if "param" in variable["about"] else "local"
        shown = {"name": variable["name"], "role": role, "type": variable["type"] or "_SAMPLE_POINT[3]"}
        size = 8 if shown["type"].endswith("*") else SIZES.get(shown["type"], 24)
        where, data = module.locate(variable, rva, size, registers, self.memory)
        shown["where"] = where
        if data is not None:
            if isinstance(data, int):
                data = data.to_bytes(size, "little", signed=data < 0)
            shown["bytes"] = data.hex()
            shown["value"] = decode(shown["type"], data)
            known = SOURCE.get((function, variable["name"]))
            assert known is None or known == shown["value"], (function, variable["name"], known, shown["value"])
        return shown


def decode(kind, data):
    if kind == "double":
        return struct.unpack("<d", data)[0]
    if len(data) > 8:
        return data.hex()
    if kind.endswith("*"):
        value = int.from_bytes(data, "little")
        return value and hex(value)
    return int.from_bytes(data, "little", signed=kind in ("char", "short", "long", "__int64"))


def describe(driver):
    run = Run(driver)
    snap, memory = run.snapshot, run.memory
    name = {"O0": "O0.dmp", "O2": "sample.dmp"}[driver]
    with open(os.path.join(SAMPLES, "crash", f"{driver}.snap"), "rb") as file:
        saved = file.read()
    for page in snap.pages:  # the run that was watched is the run that was saved
        assert snap.page(page) == bytes(0x1000) or snap.page(page) in saved, f"page {page:x} isn't as crash.py saved it"

    prcbs = [memory.u64(memory.u64(snap.debugger_data + 0x218) + 8 * number) for number in range(snap.processors)]
    contexts = [memory.u64(prcb + 0x85C0) for prcb in prcbs]
    rips = [memory.u64(context + 0xF8) for context in contexts]
    rsps = [memory.u64(context + 0x98) for context in contexts]
    threads = [memory.u64(prcb + 8) for prcb in prcbs]
    crash = run.chain(threads[0])
    while crash[-1]["function"] != "KeBugCheckEx":
        crash.pop()
    idle = run.chain(threads[1])
    system = memory.u64(snap.process_list) - 0x448
    waiting = memory.u64(system + 0x5E0) - 0x4E8  # the first thread of System
    switched = run.chain(waiting)
    kernel_stack = memory.u64(waiting + 0x58)
    return {
        "sources": " ".join(__doc__.split("\n\n")[1].split()),
        "dump": f"crash/{name}", "snapshot": f"crash/{driver}.snap",
        "modules": [{"name": module, "base": hex(base), **loaded.identity()}
                    for (module, base, _), loaded in zip(snap.modules, run.modules)],
        "bugcheck": {"code": hex(snap.bugcheck), "parameters": [hex(value) for value in snap.parameters]},
        "exception": {
            "code": hex(memory.u32(snap.parameters[2])), "address": hex(memory.u64(snap.parameters[2] + 0x10)),
            "information": [memory.u64(snap.parameters[2] + 0x20), memory.u64(snap.parameters[2] + 0x28)],
        },
        "directory_table_base": hex(snap.directory_table_base),
        "debugger_data": hex(snap.debugger_data),
        "processors": [
            {"number": number, "prcb": hex(prcbs[number]), "rip": hex(rips[number]), "rsp": hex(rsps[number]),
             "thread": hex(threads[number]), "process": hex(memory.u64(threads[number] + 0x220)),
             "cid": [hex(memory.u64(threads[number] + 0x478)), hex(memory.u64(threads[number] + 0x480))]}
            for number in range(snap.processors)],
        "stack": run.stack(crash, rips[0], rsps[0]),
        "stack_of_processor_1": run.stack(idle, rips[1], rsps[1]),
        "waiting_thread": {
            "thread": hex(waiting), "kernel_stack": hex(kernel_stack),
            "note": "SwapContext's own frame is gone: a debugger starts at the return address in the _KSWITCH_FRAME",
            "stack": run.stack(switched[:-1], memory.u64(kernel_stack + 0x38), kernel_stack + 0x40),
        },
        "globals": globals_of(run.modules[1], memory),
    }


def read_as(memory, address, kind):
    values = struct.unpack(kind, memory.read(address, struct.calcsize(kind)))
    return [value.hex() if isinstance(value, bytes) else value for value in values]


def globals_of(symbols, memory):
    """The driver's global variables, read by the PDB's offsets: each must be what SOURCE's siblings say."""
    layouts = {name: dict(members) for name, _, members in structures(symbols.pdb)}
    device = symbols.base + symbols.data["SampleDevice"]
    member = {name: device + offset for name, offset in layouts["_SAMPLE_DEVICE"].items()}
    result = {}
    for name, (kind, value) in GLOBALS.items():
        result[name] = read_as(memory, symbols.base + symbols.data[name], kind)
        assert result[name] == value, name
    for name, (kind, value) in DEVICE.items():
        result[f"SampleDevice.{name}"] = read_as(memory, member[name], kind)
        assert result[f"SampleDevice.{name}"] == value, name
    for name, text in STRINGS.items():
        data = memory.read(memory.u64(member[name] + 8), memory.u32(member[name]) & 0xFFFF)
        result[f"SampleDevice.{name}"] = data.decode("utf-16-le" if name == "Name" else "ascii")
        assert result[f"SampleDevice.{name}"] == text, name

    entries, entry = [], layouts["_SAMPLE_ENTRY"]
    link = memory.u64(member["Entries"])
    while link != member["Entries"]:
        at = link - entry["Link"]
        label = memory.read(at + entry["Label"], 8).rstrip(b"\0").decode()
        entries.append([memory.u32(at + entry["Id"]), memory.u32(at + entry["Value"]), label])
        link = memory.u64(link)
    assert entries == ENTRIES
    result["SampleDevice.Entries"] = entries
    result["SampleDevice.Slots"] = [hex(memory.u64(member["Slots"] + 8 * slot)) for slot in range(3)]
    assert result["SampleDevice.Slots"] == [hex(symbols.base + symbols.data["FirstSlot"]), "0x0",
                                            hex(symbols.base + symbols.data["LastSlot"])]
    return {"SampleDevice": hex(device), **result}


def shown(variable):
    """A variable's place and value as a table shows them."""
    if "value" not in variable:
        return variable["where"]
    value = variable["value"]
    return f"{variable['where']}: {hex(value) if isinstance(value, int) else value}"


def tables(crashes):
    """The same as Markdown, for people."""
    lines = ["# The sample crashes", "", "Written by `samples/expected.py`; where each fact is from is said there.", ""]
    for driver, expected in crashes.items():
        lines += [f"## The stack with the {driver} driver (`{expected['dump']}`)", "",
                  "| | Child-SP | Return address | Function | Line |", "| --- | --- | --- | --- | --- |"]
        for frame in expected["stack"]:
            lines.append("| {} | {} | {} | `{}` | {} |".format(
                frame["frame"], frame["rsp"],
                frame.get("return_address", "inlined" if frame["inline"] else "trap frame " + frame["trap_frame"]
                          if "trap_frame" in frame else ""),
                frame["function"] + ("" if frame["inline"] else "+" + frame["displacement"]),
                frame["file"].split("\\")[-1] + f":{frame['line']}" if "file" in frame else "no line data"))
        lines.append("")
    lines += ["## Variables of the driver's frames", "",
              "| Function | Variable | Type | O0 | O2 |", "| --- | --- | --- | --- | --- |"]
    optimized = {(frame["function"], variable["name"]): variable for frame in crashes["O2"]["stack"]
                 for variable in frame.get("variables", [])}
    for frame in crashes["O0"]["stack"]:
        for variable in frame.get("variables", []):
            key = frame["function"], variable["name"]
            lines.append(f"| `{key[0]}` | {variable['role']} `{key[1]}` | `{variable['type']}` | {shown(variable)} | "
                         f"{shown(optimized[key])} |")
    lines += ["", "`writes` (SampleStore) and `status` (SampleStart) aren't set yet: at -O0 they show what was there.",
              "", "## Globals of the driver", "", "| Variable | Value |", "| --- | --- |"]
    lines += [f"| `{name}` | {value if isinstance(value, str) else json.dumps(value)} |"
              for name, value in crashes["O2"]["globals"].items()]
    lines.append("")
    return "\n".join(lines)


def main():
    crashes = {}
    for driver in ("O0", "O2"):
        crashes[driver] = expected = describe(driver)
        with open(os.path.join(SAMPLES, "crash", f"{driver}.expected.json"), "w", encoding="utf-8") as file:
            json.dump(expected, file, indent=2)
            file.write("\n")
    with open(os.path.join(SAMPLES, "crash", "expected.md"), "w", encoding="utf-8") as file:
        file.write(tables(crashes))


if __name__ == "__main__":
    main()
