"""One Renode process for one run: its script, its serial port (a pseudo-terminal), its log, its end."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import termios
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from pathlib import Path

from profiler.boards.model import Board
from profiler.boards.renode import renode_platform, renode_setup
from profiler.errors import LimitExceeded, RunError
from profiler.run.renode_log import TIME_IS_UP, errors_of, trouble
from profiler.run.renode_program import RenodeProgram, version_in

COUNTER_FILE = Path(__file__).with_name("renode_counter.cs")
TABLE, UART, PLATFORM, FIRMWARE = "blocks.table", "uart", "board.repl", "firmware.elf"
_SCRIPT, _CONFIG = "run.resc", "renode.config"
_LOG_LINES = 2000  # as many are kept
_POLL_SECONDS, _READ_BYTES = 0.05, 4096
_START_SECONDS = 180.0  # Renode compiles itself when it starts, which on a busy machine takes its time
_END_SECONDS = 5.0
_EXPLANATION_SECONDS, _EXPLANATION_LINES, _KNOWN = 1.0, 4, 80


class RenodeProcess:
    """Renode with a board and a firmware in it. Close it after use; everything it wrote is in `folder`."""

    def __init__(
        self,
        program: RenodeProgram,
        *,
        board: Board,
        elf_path: Path,
        folder: Path,
        virtual_seconds: float,
        deadline: Callable[[], float],
    ) -> None:
        """Starts it and opens the console port. `deadline()` is the wall-clock seconds that are left.

        Raises RunError when Renode does not come up, LimitExceeded when time is over first.
        """
        self._elf_path, self._folder, self._seconds_left = elf_path, folder, deadline
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._trouble: RunError | None = None
        self.version = "of unknown version"
        shutil.copyfile(elf_path, folder / FIRMWARE)
        shutil.copyfile(COUNTER_FILE, folder / COUNTER_FILE.name)
        (folder / PLATFORM).write_text(renode_platform(board), encoding="utf-8")
        (folder / _SCRIPT).write_text(run_script(board, folder, virtual_seconds), encoding="utf-8")
        self._process = subprocess.Popen(
            [*program.command, "--disable-xwt", "--console", "--plain", "--config", _CONFIG, _SCRIPT],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # the launcher is a script: its children end with it
        )
        self._reader = threading.Thread(target=self._read_log, name="renode log", daemon=True)
        self._reader.start()
        try:
            self._port = self._open_port()
        except BaseException:
            self.close()
            raise

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.append(line.rstrip())
            self.version = version_in(line) or self.version
            if self._trouble is None:
                self._trouble = trouble(line, self._elf_path)

    def _open_port(self) -> int:
        started = time.monotonic()
        while not (self._folder / UART).exists():
            self.check()
            if time.monotonic() - started > _START_SECONDS:
                raise RunError(
                    f"Renode did not come up within {_START_SECONDS:.0f} s. {self.last_words()}",
                    hint="start it by hand to see whether it works: renode --disable-xwt --console",
                )
            time.sleep(_POLL_SECONDS)
        port = os.open(self._folder / UART, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port, termios.TCSANOW)  # what the firmware has already said must not be dropped
        return port

    def check(self) -> None:
        """Raises what went wrong in Renode so far: an error of the firmware, of Renode itself, or time that is over."""
        if self._trouble is None and self._process.poll() is not None:
            self._reader.join(_END_SECONDS)
        if self._trouble is not None:
            raise self._explained(self._trouble)
        if self._process.poll() is not None:
            raise RunError(
                f"Renode ended by itself with code {self._process.returncode}. {self.last_words()}",
                hint="start it by hand to see whether it works: renode --disable-xwt --console",
            )
        if self._seconds_left() <= 0:
            raise LimitExceeded(
                f"the run in Renode reached its wall-clock limit. {self.last_words()}",
                hint="raise PROFILER_MAX_WALL_SECONDS: Renode is some ten times slower than the embedded emulator",
            )

    def _explained(self, error: RunError) -> RunError:
        """An error of Renode itself takes several lines: with those, which may still be on their way."""
        if type(error) is not RunError:
            return error
        self._reader.join(_EXPLANATION_SECONDS)
        lines = list(self._log)
        at = next((number for number, line in enumerate(lines) if line and line[:_KNOWN] in error.message), len(lines))
        details = "\n  ".join(line for line in lines[at + 1 : at + 1 + _EXPLANATION_LINES] if line.strip())
        return RunError(f"{error.message}\n  {details}" if details else error.message, hint=error.hint)

    def last_words(self) -> str:
        """What the log says of errors, or its last line."""
        lines = list(self._log)
        return f"Renode says: {errors_of(lines) or (lines[-1] if lines else 'nothing')}"

    def send(self, message: bytes) -> None:
        """Bytes for the firmware."""
        while message:
            message = message[os.write(self._port, message) :]

    def read_until(self, prompt: bytes) -> bytes:
        """What the firmware says up to and with the prompt. Raises as `check`."""
        said = bytearray()
        while not said.endswith(prompt):
            if select.select([self._port], [], [], _POLL_SECONDS)[0]:
                said += os.read(self._port, _READ_BYTES)
            else:
                self.check()
        return bytes(said)

    def close(self) -> None:
        """Ends Renode with everything it started."""
        if hasattr(self, "_port"):
            os.close(self._port)
        for end in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, end)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_END_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # what the launcher left behind
        self._reader.join(_END_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()


def run_script(board: Board, folder: Path, virtual_seconds: float) -> str:
    """The script that boots the firmware, counts its inferences, and stops when virtual time is up.

    What it reads is named relative to `folder`, where it runs, so that no path needs quoting.
    """
    hours, rest = divmod(max(virtual_seconds, 0.001), 3600)
    minutes, seconds = divmod(rest, 60)
    return "\n".join(
        [
            f"include @{COUNTER_FILE.name}",
            *renode_setup(board, platform=f"@{PLATFORM}", elf=f"@{FIRMWARE}"),
            f'emulation CreateUartPtyTerminal "port" "{folder / UART}"',
            "connector Connect sysbus.uart port",
            f'cpu CountInferences "{folder / TABLE}" "{folder}"',
            f'emulation RunFor "{int(hours):02}:{int(minutes):02}:{seconds:09.6f}"',
            f'log "{TIME_IS_UP}"',
            "",
        ]
    )
