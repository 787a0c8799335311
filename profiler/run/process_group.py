"""A program with everything it starts: ended together, and never left behind, however this process ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

_END_SECONDS = 5.0
# Told by the end of its input, which comes when the process that holds the other end is gone, even by SIGKILL.
_WATCHER = 'read -r _; kill -s KILL -- "-$1" 2>/dev/null'


class ProcessGroup:
    """A program that runs in a session of its own; `output` is what it and its children write, as text."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """Starts it in `folder`, without standard input. Raises OSError when it cannot be started."""
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHER, "sh", str(self._process.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is not for it
        )

    def exit_code(self) -> int | None:
        """Of the program, once it has ended by itself."""
        return self._process.poll()

    def wait(self, seconds: float) -> None:
        """For the program to end by itself, so long at most."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def end(self) -> None:
        """Ends the program with all it started: asked first, then by force."""
        if self._process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        self._signal(signal.SIGKILL)  # what a launcher left behind included
        self._process.wait(_END_SECONDS)
        self._watcher.kill()
        self._watcher.communicate()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
