"""One Renode process for one run: its script, its serial port (a pseudo-terminal), its log, its end."""

from __future__ import annotations

import os
import select
import shutil
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
from profiler.run.process_group import ProcessGroup
from profiler.run.protocol import PROMPT
from profiler.run.renode_log import TIME_IS_UP, answers_told, errors_of, trouble
from profiler.run.renode_program import RenodeProgram, version_in

COUNTER_FILE = Path(__file__).with_name("renode_counter.cs")
PORT_FILE = Path(__file__).with_name("renode_port.cs")
TABLE, UART, PLATFORM, FIRMWARE = "blocks.table", "uart", "board.repl", "firmware.elf"
_SCRIPT, _CONFIG = "run.resc", "renode.config"
_LOG_LINES = 2000  # as many are kept
_POLL_SECONDS, _READ_BYTES = 0.05, 4096
_LOG_POLL_SECONDS = 0.002
_WORDS_BYTES, _CLOSED = 100, -1
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

        Raises RunError when Renode ends or says that it cannot, LimitExceeded when time is over before it is up: Renode
        compiles itself when it starts, which on a busy machine takes its time.
        """
        self._elf_path, self._folder, self._seconds_left = elf_path, folder, deadline
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._trouble: RunError | None = None
        self._port = _CLOSED
        self._said = bytearray()  # of the answer that is being read
        self._answers_read, self._answers_logged = 0, 0
        self.version = "of unknown version"
        shutil.copyfile(elf_path, folder / FIRMWARE)
        for source in (COUNTER_FILE, PORT_FILE):
            shutil.copyfile(source, folder / source.name)
        (folder / PLATFORM).write_text(renode_platform(board), encoding="utf-8")
        (folder / _SCRIPT).write_text(run_script(board, folder, virtual_seconds), encoding="utf-8")
        command = [*program.command, "--disable-xwt", "--console", "--plain", "--config", _CONFIG, _SCRIPT]
        self._group = ProcessGroup(command, folder)
        self._reader = threading.Thread(target=self._read_log, name="renode log", daemon=True)
        self._reader.start()
        try:
            self._port = self._open_port()
        except BaseException:
            self.close()
            raise

    def _read_log(self) -> None:
        for line in self._group.output:
            self._log.append(line.rstrip())
            self.version = version_in(line) or self.version
            self._answers_logged = answers_told(line) or self._answers_logged
            if self._trouble is None:
                self._trouble = trouble(line, self._elf_path)

    def _open_port(self) -> int:
        told = self._folder / UART
        while not told.exists():
            self.check()
            time.sleep(_POLL_SECONDS)
        port = os.open(told.read_text(encoding="ascii"), os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port, termios.TCSANOW)  # what the firmware has already said must not be dropped
        return port

    def check(self) -> None:
        """Raises what went wrong in Renode so far: an error of the firmware, of Renode itself, or time that is over."""
        if self._trouble is None and self._group.exit_code() is not None:
            self._reader.join(_END_SECONDS)
        if self._trouble is not None:
            raise self._explained(self._trouble)
        if self._group.exit_code() is not None:
            raise RunError(
                f"Renode ended by itself with code {self._group.exit_code()}. {self.last_words()}",
                hint="start it by hand to see whether it works: renode --disable-xwt --console",
            )
        if self._seconds_left() <= 0:
            raise LimitExceeded(
                f"the run in Renode reached its wall-clock limit; {self._firmware_words()}. {self.last_words()}",
                hint="raise PROFILER_MAX_WALL_SECONDS: Renode is some ten times slower than the embedded emulator",
            )

    def _explained(self, error: RunError) -> RunError:
        """With what the firmware said until then; an error of Renode itself with its other lines, which may be late."""
        if isinstance(error, LimitExceeded):
            return LimitExceeded(f"{error.message}; {self._firmware_words()}", hint=error.hint)
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

    def _firmware_words(self) -> str:
        if self._port == _CLOSED:
            return "the firmware was not started yet"
        if select.select([self._port], [], [], 0)[0]:
            self._said += os.read(self._port, _READ_BYTES)
        words = self._said[-_WORDS_BYTES:].decode("ascii", "replace").strip()
        return f"the firmware last said {words!r}" if words else "the firmware has said nothing"

    def send(self, message: bytes) -> None:
        """Bytes for the firmware. Raises as `check` when Renode is not there to take them."""
        try:
            while message:
                message = message[os.write(self._port, message) :]
        except OSError as error:  # its side of the pseudo-terminal is gone
            self._group.wait(_END_SECONDS)
            self.check()
            raise RunError(f"Renode closed the serial port: {error.strerror}. {self.last_words()}") from error

    def read_answer(self) -> bytes:
        """What the firmware says up to and with the next prompt. Raises as `check` what went wrong until then."""
        self._said.clear()
        while not self._said.endswith(PROMPT):
            if select.select([self._port], [], [], _POLL_SECONDS)[0]:
                self._said += os.read(self._port, _READ_BYTES)
            self.check()
        self._answers_read += 1  # what went wrong meanwhile may still be on its way through the log
        while self._answers_logged < self._answers_read:
            self.check()
            time.sleep(_LOG_POLL_SECONDS)
        self.check()
        return bytes(self._said)

    def close(self) -> None:
        """Ends Renode with everything it started."""
        if self._port != _CLOSED:
            os.close(self._port)
        self._group.end()
        self._reader.join(_END_SECONDS)
        self._group.output.close()


def run_script(board: Board, folder: Path, virtual_seconds: float) -> str:
    """The script that boots the firmware, counts its inferences, and stops when virtual time is up.

    What it reads is named relative to `folder`, where it runs, so that no path needs quoting.
    """
    hours, rest = divmod(max(virtual_seconds, 0.001), 3600)
    minutes, seconds = divmod(rest, 60)
    return "\n".join(
        [
            f"include @{COUNTER_FILE.name}",
            f"include @{PORT_FILE.name}",
            *renode_setup(board, platform=f"@{PLATFORM}", elf=f"@{FIRMWARE}"),
            f'emulation CreateHostPort "port" "{folder / UART}"',
            "connector Connect sysbus.uart port",
            f'cpu CountInferences "{folder / TABLE}" "{folder}"',
            f'emulation RunFor "{int(hours):02}:{int(minutes):02}:{seconds:09.6f}"',
            f'log "{TIME_IS_UP}"',
            "",
        ]
    )
