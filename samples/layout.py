#!/usr/bin/env python3
"""Compares the structures in ntkrnlmp.pdb with those of Windows 10.0.19041 (../shared/corpus/layouts, where present):
each member that both have under one name must have the same offset, and each structure the same size."""

import glob
import json
import lzma
import os
import sys

from machine import SAMPLES
from symbols import structures

LAYOUTS = os.path.join(SAMPLES, "..", "..", "shared", "corpus", "layouts", "ntkrnlmp-10.0.19041*.json.xz")


def main():
    layouts = glob.glob(LAYOUTS)
    if not layouts:
        print("skipped: ../shared/corpus/layouts is not here")
        return 0
    with lzma.open(layouts[0]) as file:
        windows = json.load(file)["user_types"]
    compared = wrong = 0
    for name, size, members in structures(os.path.join(SAMPLES, "minint", "bin", "ntkrnlmp.pdb")):
        if name not in windows:
            continue
        if size != windows[name]["size"]:
            print(f"{name}: {size:#x} bytes, in Windows {windows[name]['size']:#x}")
            wrong += 1
        for member, offset in members:
            field = windows[name]["fields"].get(member)
            if not member.startswith("Reserved") and (field is None or field["offset"] != offset):
                print(f"{name}.{member} at {offset:#x}, in Windows {field and hex(field['offset'])}")
                wrong += 1
            compared += 1
    print(f"{compared} members compared, {wrong} wrong")
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
