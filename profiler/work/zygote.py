"""A process that has everything loaded and forks a confined child for each task: starting Python anew takes a second.

It reads one JSON line per task on standard input, and writes JSON lines on standard output: `pid` when the child was
forked, whatever the child says, and at last `exit`, the exit code (negative: the signal that ended it). When its
input ends or says `kill`, the child goes, with all processes it started.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from profiler.work.files import STDERR_FILE
from profiler.work.isolation import Limits, confine

PRELOADED = "profiler.work.child"


def say(message: dict[str, object]) -> None:
    """One line to the parent; short lines of two processes do not mix."""
    os.write(1, json.dumps(message).encode() + b"\n")


def main() -> None:
    """Serves until the input ends."""
    importlib.import_module(PRELOADED)
    buffer = b""
    while True:
        line, newline, rest = buffer.partition(b"\n")
        if newline:
            buffer = rest
            task = json.loads(line)
            if "entry" in task:
                _serve(task)
            continue
        more = os.read(0, 1 << 16)
        if not more:
            return
        buffer += more


def _serve(task: dict[str, object]) -> None:
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _be_child(task)
    say({"pid": child})
    handle = os.pidfd_open(child)
    try:
        if not _ended(handle):
            _kill_all(child)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        os.close(handle)
    _kill_all(child)  # what it started and left behind
    say({"exit": status})


def _ended(handle: int) -> bool:
    """Waits for the child's end (True), or for a word on the input, which can only be `kill` or its end (False)."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(0, select.POLLIN)
    ready = {descriptor for descriptor, _ in poll.poll()}
    if handle in ready:
        return True
    os.read(0, 1 << 16)
    return False


def _kill_all(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(group, signal.SIGKILL)  # before it became a group of its own


def _be_child(task: dict[str, object]) -> None:
    """Never returns. The child's exit code is 0 when its function did; what it raised is in its standard error."""
    code = 1
    try:
        os.setsid()
        folder = Path(str(task["folder"]))
        os.chdir(folder)
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(STDERR_FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 2)
        module, _, name = str(task["entry"]).partition(":")
        entry: Callable[[Path], None] = getattr(importlib.import_module(module), name)
        confine(Limits(**task["limits"]))  # type: ignore[arg-type]
        entry(folder)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
