#!/usr/bin/env python3
"""Writes bugchecks.txt, ntstatus.txt and win32.txt from the crate `windows-sys`, whose constants come from Microsoft's public metadata.

usage: generate.py PATH-TO-WINDOWS-SYS   (for example ~/.cargo/registry/src/*/windows-sys-0.61.2)
"""

import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1]) / "src/Windows/Win32"
here = pathlib.Path(__file__).parent


def constants(module, kind, prefix=""):
    """Name and value of each constant of the type `kind`."""
    pattern = re.compile(rf"pub const ({prefix}\w+): {kind} = (0x[0-9A-Fa-f]+|\d+)_?(?:u32|i32)")
    for name, value in pattern.findall((source / module / "mod.rs").read_text()):
        yield int(value, 0), name


def write(file, entries, drop):
    """One `hexadecimal value, name` line each; of several names for one value the first that `drop` doesn't match."""
    chosen = {}
    for value, name in sorted(entries):
        if value not in chosen or re.search(drop, chosen[value]):
            chosen[value] = name
    (here / file).write_text("".join(f"{value:08x} {name}\n" for value, name in sorted(chosen.items())))


# The 4000xxxx values are texts of the boot screen, 80000000 is a flag.
bugchecks = (entry for entry in constants("System/Diagnostics/Debug", "BUGCHECK_ERROR") if entry[0] >> 28 not in (4, 8))
write("bugchecks.txt", bugchecks, r"^$")
write("ntstatus.txt", constants("Foundation", "NTSTATUS", "STATUS_"), r"^STATUS_(ABANDONED|WAIT_0|WAIT_63)$")
aliases = r"^DNS_ERROR_(INVALID_DATA|INVALID_NAME|NO_MEMORY|MASK|RCODE_NO_ERROR)$"
write("win32.txt", constants("Foundation", "WIN32_ERROR"), aliases)
