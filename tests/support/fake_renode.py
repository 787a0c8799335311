#!/usr/bin/env python3
"""A Renode that replays: it reads the run's script, opens the pseudo-terminal it names, and answers as a recorded run.

Started like Renode, in the folder of the run. Environment: FAKE_RENODE_RUN is a saved run (profiler.run.serialize);
FAKE_RENODE_DOES is what it does wrong, "" for nothing.
"""

from __future__ import annotations

import os
import pty
import re
import sys
import time
import tty
from pathlib import Path

from profiler.run import protocol
from profiler.run.model import RunResult
from profiler.run.serialize import from_json

PROMPT = "m-ready\r\n"


def main() -> None:
    does = os.environ.get("FAKE_RENODE_DOES", "")
    if "--version" in sys.argv:
        print("Renode v1.16.1.0" if does != "nonsense" else "Usage: renode")
        return
    print("Renode, version 1.15.1.28418 (bef0c7b3)", flush=True)
    script = Path(sys.argv[-1]).read_text()
    uart = _named(script, r'CreateHostPort "port" "(.*)"')
    folder = Path(_named(script, r'CountInferences ".*" "(.*)"'))
    if does == "no_platform":
        print("There was an error executing command 'machine LoadPlatformDescription @board.repl'")
        print("Error E21: Could not find any suitable constructor for this registration point.", flush=True)
        sys.exit(1)
    if does == "ends":
        sys.exit(3)
    run = from_json(Path(os.environ["FAKE_RENODE_RUN"]).read_bytes())
    master, slave = pty.openpty()
    tty.setraw(slave)
    Path(uart + ".part").write_text(os.ttyname(slave))
    Path(uart + ".part").rename(uart)
    if does == "hangs_up":  # its side of the port is gone when the next message comes
        print("profiler: answers: 1", flush=True)
        os.write(master, PROMPT.encode())
        while b"%" not in os.read(master, 4096):
            pass
        os._exit(4)
    while does == "chatters":
        os.write(master, b"blah")
    if does != "silent":
        _talk(master, run, folder, does)
    time.sleep(600)


def _named(script: str, pattern: str) -> str:
    found = re.search(pattern, script)
    assert found is not None, script
    return found[1]


def _talk(port: int, run: RunResult, folder: Path, does: str) -> None:
    """The recorded answers, one to each message; raw bytes are a message of the length announced before."""
    answers = [part + PROMPT for part in run.transcript.split(PROMPT)][:-1]
    raw_bytes = inferences = 0
    os.write(port, answers[0].encode())
    print(ANSWERS.format(1), flush=True)
    for number, answer in enumerate(answers[1:], 2):
        message = _read(port, raw_bytes)
        announced = re.search(rb" dbb \d+ (\d+) ", message)
        raw_bytes = int(announced[1]) if announced and not raw_bytes else 0
        if protocol.TIME.encode() in message:
            if does in LOG:
                print(LOG[does], flush=True)
                time.sleep(600)
            _write_counts(run, folder / f"inference-{inferences}")
            inferences += 1
        os.write(port, answer.encode())
        if does == "late":
            time.sleep(0.2)
            print(LOG["unmapped"], flush=True)
        print(ANSWERS.format(number), flush=True)


def _read(port: int, raw_bytes: int) -> bytes:
    said = b""
    while len(said) < raw_bytes if raw_bytes else not said.endswith(b"%"):
        said += os.read(port, 1 if not raw_bytes else raw_bytes - len(said))
    return said


def _write_counts(run: RunResult, path: Path) -> None:
    lines = []
    for layer in run.profile.layers:
        lines.append(f"layer {layer.layer}")
        lines += [f"block {block.address} {block.count}" for block in layer.blocks]
        lines += [f"edge {edge.from_address} {edge.to_address} {edge.count}" for edge in layer.edges]
    path.write_text("\n".join([*lines, f"instructions {run.emulated_instructions}", ""]))


ANSWERS = "12:00:00.0000 [INFO] profiler: answers: {}"
LOG = {
    "unmapped": "12:00:00.0000 [WARNING] sysbus: [cpu: 0x8000040] ReadDoubleWord from non existing peripheral at "
    "0xDEADBEEF.",
    "abort": "12:00:00.0000 [ERROR] cpu: CPU abort [PC=0x8000040]: Trying to execute code outside RAM or ROM at 0x1.",
    "halted": "12:00:00.0000 [ERROR] cpu: PC does not lay in memory or PC and SP are equal to zero. CPU was halted.",
    "time": "12:00:00.0000 [INFO] Script: profiler: virtual time is up",
    "stops": "12:00:00.0000 [WARNING] uart: Unhandled write to offset 0x8.",
}

if __name__ == "__main__":
    main()
