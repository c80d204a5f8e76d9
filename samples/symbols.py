"""What LLVM's tools say of an image and its PDB: functions, lines, inlined calls, variables. Nothing of kdap's."""

import json
import os
import re
import subprocess

# CodeView's base types, as llvm-pdbutil names them: bytes
SIZES = {"char": 1, "unsigned char": 1, "short": 2, "unsigned short": 2, "long": 4, "unsigned long": 4,
         "__int64": 8, "unsigned __int64": 8, "float": 4, "double": 8}


def run(*arguments):
    return subprocess.run(arguments, check=True, capture_output=True, text=True).stdout


def full_register(name):
    """eax to rax, r9d to r9; xmm0 is itself."""
    return re.sub(r"^(r\d+)d$", r"\1", re.sub(r"^e", "r", name))


def structures(pdb):
    """Name, size, [(member, offset)] of each complete structure or union with a name."""
    text = run("llvm-pdbutil-19", "dump", "-types", pdb)
    records = dict(re.findall(r"^ +(0x[0-9A-F]+) \| (LF_.*\n(?:(?! +0x[0-9A-F]+ \| ).*\n)*)", text, re.M))
    for record in records.values():
        found = re.match(r"LF_(?:STRUCTURE|UNION) .*`(\w+)`[^$]*field list: (0x\w+)[^$]*sizeof (\d+)", record)
        if found:
            members = re.findall(r"LF_MEMBER \[name = `(\w+)`, Type = .*, offset = (\d+)", records[found[2]])
            yield found[1], int(found[3]), [(name, int(offset)) for name, offset in members]


class Scope:
    """A function, block or inlined call: its variables and what is in it."""

    def __init__(self, kind, name, start=0, size=0):
        self.kind, self.name, self.start, self.size = kind, name, start, size
        self.variables, self.inner = [], []


class Symbols:
    def __init__(self, image, pdb, base):
        self.image, self.pdb, self.base = image, pdb, base
        self.sections = [int(at, 16) for at in re.findall(
            r"VirtualAddress: (0x[0-9A-F]+)", run("llvm-readobj-19", "--sections", image))]
        self.functions = {}  # rva: name
        publics = run("llvm-pdbutil-19", "dump", "-publics", pdb)
        for name, section, offset in re.findall(
                r"S_PUB32 .*`(.*)`\n\s+flags = function, addr = (\d+):(\d+)", publics):
            self.functions[self.rva(section, offset)] = name
        records = run("llvm-pdbutil-19", "dump", "-symbols", pdb)
        self.scopes = self._read_scopes(records)
        self.data = {name: self.rva(section, offset) for name, section, offset in re.findall(
            r"S_[LG]DATA32 .*`(.*)`\n\s+type = .*, addr = (\d+):(\d+)",
            records + run("llvm-pdbutil-19", "dump", "-globals", pdb))}
        self.functions.update((scope.start, scope.name) for scope in self.scopes)

    def rva(self, section, offset):
        return self.sections[int(section) - 1] + int(offset)

    def identity(self):
        """What a debugger matches image and PDB by."""
        headers = run("llvm-readobj-19", "--file-headers", "--coff-debug-directory", self.image)
        guid, age = re.search(r"PDBGUID: \{(.*)\}\s+PDBAge: (\d+)", headers).groups()
        return {
            "image": os.path.relpath(self.image, os.path.dirname(__file__)),
            "time_date_stamp": re.search(r"TimeDateStamp: .*\((0x\w+)\)", headers)[1].lower(),
            "size_of_image": hex(int(re.search(r"SizeOfImage: (\d+)", headers)[1])),
            "check_sum": re.search(r"CheckSum: (0x\w+)", headers)[1].lower(),
            "pdb": os.path.relpath(self.pdb, os.path.dirname(__file__)),
            "guid": guid, "age": int(age),
        }

    def nearest(self, rva):
        """The function at or below an address, and the distance."""
        start = max(at for at in self.functions if at <= rva)
        return self.functions[start], rva - start

    def inline_frames(self, rva):
        """The functions at an address, innermost first: name, file, line (None without line data)."""
        answer = json.loads(run("llvm-symbolizer-19", f"--obj={self.image}", "--inlines", "--output-style=JSON",
                                "--relative-address", hex(rva)))
        return [(symbol["FunctionName"], symbol["FileName"] or None, symbol["Line"] or None)
                for symbol in answer[0]["Symbol"]]

    def variables(self, rva, depth):
        """The variables of the function at an address: of the inlined call `depth` deep, 0 for the function itself."""
        scope = self._scope(rva)
        names = [name for name, _, _ in reversed(self.inline_frames(rva))]
        for name in names[1:depth + 1]:
            scope = next(inner for inner in self._blocks(scope, rva) if inner.kind == "inline" and inner.name == name)
        return scope.variables + [variable for block in scope.inner if block.kind == "block"
                                  and block.start <= rva < block.start + block.size for variable in block.variables]

    def locate(self, variable, rva, size, registers, memory):
        """Where a variable is at an address, in words, and its value there: bytes, a register's number, or None.

        `registers` are those that are known in the frame, by lower-case names of their full width.
        """
        about = variable["about"]
        if variable["kind"] == "S_CONSTANT":
            return "constant", int(re.search(r"value = (-?\d+)", about)[1])
        if variable["kind"] == "S_LDATA32":
            at = self.base + self.rva(*re.search(r"addr = (\d+):(\d+)", about).groups())
            return f"{at:#x}", memory.read(at, size)
        for kind, rest in variable["ranges"]:
            section, start, length = re.search(
                r"range (?:start )?= \[?(\d+):(\d+),(?: length = |\+)(\d+)", rest).groups()
            offset = rva - self.rva(section, start)
            gaps = [(int(at), int(at) + int(count)) for at, count in re.findall(r"\((\d+),(\d+)\)", rest)]
            if not 0 <= offset < int(length) or any(at <= offset < end for at, end in gaps):
                continue
            register = re.search(r"register = (\w+)", rest)
            if kind == "S_DEFRANGE_REGISTER":
                name = register[1].lower()
                full = full_register(name)
                if full not in registers:
                    return f"{name}, which isn't known in a caller's frame", None
                value = registers[full]
                return name, value[:size] if isinstance(value, bytes) else value & ((1 << size * 8) - 1)
            scope = self._scope(rva)
            base = register[1].lower() if register else (
                scope.parameter_base if "param" in about else scope.local_base)
            at = registers[base] + int(re.search(r"offset = (-?\d+)", rest)[1])
            return f"{base}{at - registers[base]:+#x} = {at:#x}", memory.read(at, size)
        return "optimized away" if not variable["ranges"] else "not here", None

    def _scope(self, rva):
        return next(scope for scope in self.scopes if scope.start <= rva < scope.start + scope.size)

    def _blocks(self, scope, rva):
        for inner in scope.inner:
            yield inner
            if inner.kind == "block" and inner.start <= rva < inner.start + inner.size:
                yield from self._blocks(inner, rva)

    def _read_scopes(self, text):
        functions, stack, variable = [], [], None
        # A record is a line `offset | S_KIND [size = n] rest` and the lines up to the next one.
        for kind, rest in re.findall(
                r"^ *\d+ \| (S_\w+) \[size = \d+\]((?:.*\n)(?:(?! *\d+ \| |Mod ).*\n)*)", text, re.M):
            rest = re.sub(r"\s+", " ", rest)
            if kind in ("S_GPROC32", "S_LPROC32", "S_THUNK32", "S_BLOCK32", "S_INLINESITE"):
                address = re.search(r"addr = (\d+):(\d+)", rest)
                size = re.search(r"code size = (\d+)", rest)
                scope = Scope({"S_BLOCK32": "block", "S_INLINESITE": "inline"}.get(kind, "function"),
                              re.search(r"inlinee = 0x\w+ \((.*?)\)|`(.*?)`", rest)[2 - (kind == "S_INLINESITE")],
                              self.rva(*address.groups()) if address else 0, int(size[1]) if size else 0)
                (stack[-1].inner if stack else functions).append(scope)
                stack.append(scope)
            elif kind in ("S_END", "S_INLINESITE_END"):
                stack.pop()
            elif kind == "S_FRAMEPROC":
                stack[-1].local_base = re.search(r"local fp reg = (\w+)", rest)[1].lower()
                stack[-1].parameter_base = re.search(r"param fp reg = (\w+)", rest)[1].lower()
            elif kind in ("S_LOCAL", "S_CONSTANT", "S_LDATA32"):
                name, about = re.match(r" `(.*?)`(.*)", rest).groups()
                variable = {"kind": kind, "name": name, "about": about, "ranges": [],
                            "type": re.search(r"type ?= ?0x\w+ \((.*?)\)(?:,|$)", about)[1]}
                if stack:
                    stack[-1].variables.append(variable)
            elif kind.startswith("S_DEFRANGE"):
                variable["ranges"].append((kind, rest))
        return functions
