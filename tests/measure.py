#!/usr/bin/env python3
"""How long a user waits for a crash, and what it takes: medians of warm runs of the release build, and the most memory.

    cargo build --release -p kdap && tests/measure.py [runs]

`analysis`: from the start of `kdap open` to the end of its analysis, stack included. `stopped`: from the start of the
adapter to the `stopped` event that an editor waits for. Each for the bundled sample crash and, where `../shared/corpus`
is present, for a real small dump of Windows 10; and the same with a symbol server that can't be reached in the path.
Times are wall-clock; memory is the peak of resident pages (Linux only).
"""

import json
import os
import statistics
import subprocess
import sys
import time

WORKSPACE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
KDAP = os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(WORKSPACE, "target")), "release", "kdap")
CORPUS = os.path.join(WORKSPACE, "..", "shared", "corpus")
UNREACHABLE = "srv*{}*https://127.0.0.1:1/"
WARM_UP = 2
END = "the analysis is over"


def targets():
    """Name, dump, symbol path."""
    samples = os.path.join(WORKSPACE, "samples")
    path = ";".join(os.path.join(samples, folder) for folder in ("minint/bin", "driver/O2"))
    yield "sample.dmp", os.path.join(samples, "crash", "sample.dmp"), path
    dump = os.path.join(CORPUS, "dumps", "triage_x64.dmp")
    if os.path.exists(dump):
        yield "triage_x64.dmp", dump, os.path.join(CORPUS, "symbols")
    else:
        print("skipped: ../shared/corpus is not here")


def peak_memory(process):
    """The most resident memory of a process that still runs, in MB; None where there is no such file."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return None


def analysis(dump, path):
    """Opens the dump in the console, which analyzes it first, and waits for its prompt's first answer."""
    start = time.monotonic()
    with subprocess.Popen([KDAP, "open", dump, "-y", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdin.write(f".echo {END}\n".encode())
        process.stdin.flush()
        output = b""
        while END.encode() not in output:
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"kdap ended early:\n{output.decode()}")
            output += line
        seconds = time.monotonic() - start
        if b"STACK_TEXT" not in output:
            raise RuntimeError(f"no stack was printed:\n{output.decode()}")
        return seconds, peak_memory(process)


def stopped(dump, path):
    """Attaches to the dump as an editor does, and waits for the `stopped` event."""
    start = time.monotonic()
    with subprocess.Popen([KDAP], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        requests = [
            ("initialize", {"adapterID": "kd", "clientID": "measure"}),
            ("attach", {"dumpFile": dump, "symbolPath": path}),
            ("configurationDone", {}),
        ]
        for seq, (command, arguments) in enumerate(requests, 1):
            if command == "configurationDone":
                wait_for(process, "initialized")
            body = json.dumps({"seq": seq, "type": "request", "command": command, "arguments": arguments}).encode()
            process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            process.stdin.flush()
        wait_for(process, "stopped")
        return time.monotonic() - start, peak_memory(process)


def wait_for(process, event):
    """Reads messages up to the event."""
    while True:
        header = process.stdout.readline()
        if not header.startswith(b"Content-Length:"):
            raise RuntimeError(f"no header of a message: {header}")
        process.stdout.readline()
        message = json.loads(process.stdout.read(int(header.split(b":")[1])))
        if message.get("success") is False:
            raise RuntimeError(f"refused: {message}")
        if message.get("event") == event:
            return


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    store = os.path.join(WORKSPACE, "target", "measure-store")  # downstream store, which stays empty
    print(f"{'':35} {'median':>9} {'slowest':>9} {'memory':>9}")
    for name, dump, path in targets():
        for suffix, symbol_path in (("", path), (", no server", UNREACHABLE.format(store) + ";" + path)):
            for what in (analysis, stopped):
                results = [what(dump, symbol_path) for _ in range(WARM_UP + runs)][WARM_UP:]
                times = [1000 * seconds for seconds, _ in results]
                memory = [size for _, size in results if size is not None]
                shown = f"{max(memory):6.1f} MB" if memory else "-"
                label = f"{name}{suffix}: {what.__name__}"
                print(f"{label:35} {statistics.median(times):6.1f} ms {max(times):6.1f} ms {shown:>9}")


if __name__ == "__main__":
    main()
