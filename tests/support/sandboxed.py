"""What children of the sandbox do in its tests: each goes beyond one limit."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ANSWER = "answer.json"


def _answer(folder: Path, value: object) -> None:
    (folder / ANSWER).write_text(json.dumps({"value": value}))


def echo(folder: Path) -> None:
    print(json.dumps({"stage": "read"}), flush=True)
    _answer(folder, (folder / "input").read_text())


def surroundings(folder: Path) -> None:
    temporary = Path(tempfile.mkstemp()[1])
    _answer(
        folder,
        {
            "folder": str(Path.cwd()),
            "temporary": str(temporary),
            "environment": dict(os.environ),
            "input": sys.stdin.read(),
            "owner": os.getuid(),
        },
    )


def spin(_folder: Path) -> None:
    while True:
        pass


def ignore_and_spin(folder: Path) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    spin(folder)


def allocate(folder: Path) -> None:
    held = [bytearray(b"x") * (64 << 20) for _ in range(12)]
    _answer(folder, len(held))


def grandchild_allocates(folder: Path) -> None:
    code = "held = [bytearray(b'x') * (64 << 20) for _ in range(12)]"
    _answer(folder, subprocess.run([sys.executable, "-c", code], check=False).returncode)


def reserve(folder: Path) -> None:
    """Address space that is not written costs nothing."""
    import mmap

    held = mmap.mmap(-1, 8 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=0)
    _answer(folder, len(held))


def write(folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))
    _answer(folder, "written")


def sleep(_folder: Path) -> None:
    """With a process of its own, which has to go too."""
    sleeper = subprocess.Popen(["sleep", "60"])
    print(json.dumps({"sleeper": sleeper.pid}), flush=True)
    time.sleep(60)


def leave_a_process(folder: Path) -> None:
    _answer(folder, subprocess.Popen(["sleep", "60"]).pid)


def connect(folder: Path) -> None:
    port = int((folder / "input").read_text())
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        _answer(folder, "connected")
    except OSError as error:
        _answer(folder, type(error).__name__)


def talk_to_itself(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    _answer(folder, "connected")


def crash(_folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def be_killed(_folder: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_the_parent(_folder: Path) -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def raise_(_folder: Path) -> None:
    raise ValueError("something is wrong")


def say_nonsense(folder: Path) -> None:
    os.write(1, b"\xff\xfe no json\n[1]\n")
    _answer(folder, "done")


def leave_nonsense(folder: Path) -> None:
    (folder / ANSWER).write_text("{")


def compile_within(folder: Path) -> None:
    """The compiler's words, when it has less than this child."""
    import ast
    import resource

    limits = ast.literal_eval((folder / "input").read_text())
    (folder / "unit.cc").write_text("#include <stdint.h>\nint table[9999] = {1};\nint f(int x) { return x + 1; }\n")

    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (limits["memory_bytes"], limits["memory_bytes"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file_bytes"], limits["file_bytes"]))

    said = subprocess.run(
        ["arm-none-eabi-g++", "-O2", "-c", "unit.cc", "-o", "unit.o"],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        preexec_fn=confine,
        capture_output=True,
        text=True,
        check=False,
    )
    _answer(folder, said.stderr)
