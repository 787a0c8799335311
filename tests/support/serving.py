"""`profiler serve` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_SECONDS = 90


@dataclass(slots=True, kw_only=True)
class Server:
    """A server process: its address, and its log so far."""

    process: subprocess.Popen[str]
    address: str = ""
    log: list[dict[str, Any]] = field(default_factory=list)
    listening: threading.Event = field(default_factory=threading.Event)
    reader: threading.Thread = field(default_factory=threading.Thread)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and wait; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(60)
        self.reader.join(10)
        return code

    def read(self) -> None:
        """Takes in the log until the process ends."""
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            self._take(lines)
        self.listening.set()

    def _take(self, lines: Iterable[str]) -> None:
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"message": line.rstrip()}
            self.log.append(entry)
            if "listening on http" in str(entry.get("message")):
                self.address = entry["message"].split("listening on ")[1]
            if "Application startup complete" in str(entry.get("message")):
                self.listening.set()


def start_server(folder: Path, *arguments: str, **environment: str) -> Server:
    """`profiler serve` with its data below `folder`, once it listens."""
    variables = {
        **os.environ,
        "PROFILER_DATA_FOLDER": str(folder / "data"),
        "PROFILER_CACHE_FOLDER": str(folder / "cache"),
        "PROFILER_WORKERS": "1",
        **environment,
    }
    command = [sys.executable, "-m", "profiler", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables, cwd=folder)
    server = Server(process=process)
    server.reader = threading.Thread(target=server.read, daemon=True)
    server.reader.start()
    assert server.listening.wait(START_SECONDS), server.log
    assert process.poll() is None, server.log
    return server


@contextmanager
def serving(folder: Path, *arguments: str, **environment: str) -> Iterator[Server]:
    """The same, ended with the block."""
    server = start_server(folder, *arguments, **environment)
    try:
        yield server
    finally:
        server.stop()
