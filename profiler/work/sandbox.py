"""Runs one function after the other in confined child processes: compile and emulate what strangers sent.

The child has limits on memory, processor time, file sizes and wall-clock time, a temporary folder of its own, a clean
environment, and no network where the system can take it away (`profiler doctor` tells).
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from profiler.store.model import Failure
from profiler.work.failures import ChildEnd, failure_of
from profiler.work.files import ANSWER_FILE, STDERR_FILE
from profiler.work.isolation import Limits

_SECRET_PREFIXES = ("PROFILER_", "DASK_", "PG")  # what a child needs of the settings is in its task
_STDERR_BYTES = 4000
_MAXIMUM_ANSWER_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildTask:
    """What a child does: `entry` ("module:function") is called with a folder that holds `files`.

    It leaves its answer there as JSON (`answer.json`).
    """

    entry: str
    files: Mapping[str, bytes]
    limits: Limits


class Sandbox:
    """One child at a time. `stop` may be called from another thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._stopped_for: str | None = None

    def run(self, task: ChildTask, on_message: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any] | Failure:
        """The child's answer, or why there is none. What the child says meanwhile goes to `on_message`."""
        folder = Path(tempfile.mkdtemp(prefix="profiler-task-"))
        try:
            for name, data in task.files.items():
                (folder / name).write_bytes(data)
            end = self._run_in(folder, task, on_message)
            answer = _answer(folder) if end.exit_code == 0 else None
            return failure_of(end) if answer is None else answer
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self, reason: str = "cancelled") -> None:
        """Ends the child that runs, if one does."""
        with self._lock:
            if self._process is not None and self._stopped_for is None:
                self._stopped_for = reason
                self._write({"kill": True})

    def close(self) -> None:
        """Ends the child and the process that forks them."""
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()  # type: ignore[union-attr]
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]
            self._process = None

    def _run_in(self, folder: Path, task: ChildTask, on_message: Callable[[Mapping[str, Any]], None]) -> ChildEnd:
        with self._lock:
            self._stopped_for = None
            process = self._started()
            self._write({"entry": task.entry, "folder": str(folder), "limits": asdict(task.limits)})
        timer = threading.Timer(task.limits.wall_seconds, self.stop, ["wall"])
        timer.start()
        exit_code: int | None = None
        try:
            for line in process.stdout:  # type: ignore[union-attr]
                message = _message(line)
                if "exit" in message:
                    exit_code = int(message["exit"])
                    break
                on_message(message)
        finally:
            timer.cancel()
        if exit_code is None:  # the forking process itself is gone: it could not start, or the system killed it
            self.close()
            exit_code = process.returncode
        with self._lock:
            reason, self._stopped_for = self._stopped_for, "none runs"
        said = _tail(folder / STDERR_FILE)
        return ChildEnd(exit_code=exit_code, stopped_for=reason, said=said, limits=task.limits)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            environment = {key: value for key, value in os.environ.items() if not key.startswith(_SECRET_PREFIXES)}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "profiler.work.zygote"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**environment, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},  # forks need one thread
                start_new_session=True,  # Ctrl-C is for the parent to handle
            )
        return self._process

    def _write(self, message: Mapping[str, object]) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(message).encode() + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]


def _message(line: bytes) -> Mapping[str, Any]:
    """A line as the child or its parent wrote it; what is none of theirs tells nothing."""
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _answer(folder: Path) -> Mapping[str, Any] | None:
    path = folder / ANSWER_FILE
    try:
        if path.stat().st_size > _MAXIMUM_ANSWER_BYTES:
            return None
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _STDERR_BYTES))
            return file.read().decode(errors="replace").strip()
    except OSError:
        return ""
