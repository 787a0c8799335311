"""A board that is the embedded emulator: firmware behind a pseudo-terminal, with a probe that flashes and resets it.

Cycle counters are answered by the timing model: run/live.py tells when the clock moves.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from profiler.boards.memory_config import with_memory_config
from profiler.boards.memory_controls import config_from_registers, control_registers
from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import ProfilerError, RunError
from profiler.run.image import Image, load_image
from profiler.run.interface import firmware_of_elf
from profiler.run.live import Halted, LiveMachine, Rebooted
from profiler.run.model import ExecutionProfile
from profiler.sim.faults import Faults, FaultyLine
from profiler.sim.terminal import Terminal
from profiler.timing.estimate import CodeImage, code_image, estimate

_IDLE_SECONDS = 0.05  # how often a waiting firmware sees the time
_BOOT_INSTRUCTIONS = 50_000_000  # more than any start-up takes
_ABSENT_SECONDS = 0.02  # how often a port that nobody has open is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flashed:
    board: Board  # its memory system as this firmware sets it up
    firmware: Firmware
    image: Image
    code: CodeImage


@dataclass(slots=True)
class BoardSim:
    """Start it, flash it, talk to it through `port`, stop it; also as a context manager.

    `log` is told what happens to the board. Flashing and resetting may be asked for from any thread.
    """

    board: Board
    faults: Faults = field(default_factory=Faults)
    log: Callable[[str], None] = lambda _text: None
    clock: Callable[[], float] = time.monotonic
    _terminal: Terminal = field(init=False, default_factory=Terminal)
    _flashed: _Flashed | None = field(init=False, default=None)
    _power_cycles: int = field(init=False, default=0)  # asked for
    _stopping: bool = field(init=False, default=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._serve, name=f"board-sim {self.board.name}", daemon=True)

    @property
    def port(self) -> str:
        """Path of the pseudo-terminal."""
        return self._terminal.path

    @property
    def running(self) -> bool:
        """False once it was stopped or unplugged."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Powers it up. Without a firmware it says nothing."""
        self._thread.start()

    def stop(self) -> None:
        """Powers it down; the port disappears."""
        self._stopping = True
        if self._thread.ident is not None:
            self._thread.join()
        self._terminal.close()

    def __enter__(self) -> BoardSim:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def flash(self, elf_path: Path) -> None:
        """Programs an ELF and resets. Raises RunError, with the old firmware still there, when it is not one for it."""
        image = load_image(elf_path, self.board)
        image.vectors(self.board)
        firmware = firmware_of_elf(elf_path)
        board = _as_set_up(self.board, firmware, image)
        self._flashed = _Flashed(board=board, firmware=firmware, image=image, code=code_image(elf_path))
        self.reset()

    def reset(self) -> None:
        """The board starts again."""
        self._power_cycles += 1

    def _serve(self) -> None:
        try:
            self._serve_sessions(FaultyLine(self.faults))
        finally:
            self._terminal.close()  # nobody waits for a board that is gone

    def _serve_sessions(self, line: FaultyLine) -> None:
        while not self._stopping and not self._unplugged(line):
            flashed, cycle = self._flashed, self._power_cycles
            if flashed is None:
                time.sleep(_ABSENT_SECONDS)
                continue
            session = _Session(self, flashed, line, lambda cycle=cycle: self._ends(line, cycle))  # type: ignore[misc]
            try:
                session.run()
            except ProfilerError as error:
                self.log(f"the firmware failed: {error.message}")
                while not self._ends(line, cycle):
                    time.sleep(_ABSENT_SECONDS)

    def _ends(self, line: FaultyLine, cycle: int) -> bool:
        return self._stopping or self._power_cycles != cycle or self._unplugged(line)

    def _unplugged(self, line: FaultyLine) -> bool:
        return 0 < self.faults.unplug_after_bytes <= line.passed_bytes


class _Session:
    """From a reset to the next."""

    def __init__(self, sim: BoardSim, flashed: _Flashed, line: FaultyLine, ends: Callable[[], bool]) -> None:
        self._sim, self._line, self._ends, self._terminal = sim, line, ends, sim._terminal
        self._machine = LiveMachine(
            board=flashed.board,
            firmware=flashed.firmware,
            image=flashed.image,
            cycles_of=partial(_cycles, board=flashed.board, code=flashed.code),
            on_output=self._say,
            on_tick=lambda _instructions: ends(),
        )
        self._real_hz = sim.board.clock_hz * sim.faults.clock
        self._reset_pending = bool(sim.faults.reset_after_bytes) and line.passed_bytes < sim.faults.reset_after_bytes
        self._stall_pending = bool(sim.faults.stall_after_bytes) and line.passed_bytes < sim.faults.stall_after_bytes

    def run(self) -> None:
        """Raises RunError when the firmware fails."""
        sim = self._sim
        sim.log("reset")
        seen = sim.clock()
        try:
            self._machine.run()
            while not self._ends():
                received = self._receive()
                if self._stumbles():
                    return
                now = sim.clock()
                self._machine.advance(round(max(0.0, now - seen) * self._real_hz))
                self._machine.send(received)
                self._machine.run()
                seen = now
        except (Halted, Rebooted):
            return
        finally:
            self._machine.close()

    def _stumbles(self) -> bool:
        """Stalls or resets when it is time to; True for a reset."""
        faults, passed = self._sim.faults, self._line.passed_bytes
        if self._stall_pending and passed >= faults.stall_after_bytes:
            self._stall_pending = False
            self._sim.log("stalls")
            until = self._sim.clock() + faults.stall_seconds
            while self._sim.clock() < until and not self._ends():
                time.sleep(_ABSENT_SECONDS)
        return self._reset_pending and passed >= faults.reset_after_bytes

    def _receive(self) -> bytes:
        """What has come from the host, after waiting for it a little."""
        terminal = self._terminal
        if not terminal.is_open():
            time.sleep(_ABSENT_SECONDS)
            return b""
        if not select.select([terminal.file], [], [], _IDLE_SECONDS)[0]:
            return b""
        return self._line.carry(terminal.read(), baud_is_wrong=self._baud_is_wrong())

    def _say(self, data: bytes) -> None:
        if self._terminal.is_open():
            self._terminal.write(self._line.carry(data, baud_is_wrong=self._baud_is_wrong()))

    def _baud_is_wrong(self) -> bool:
        return self._terminal.baud() != (self._sim.faults.baud or self._sim.board.uart.baud)


def _as_set_up(board: Board, firmware: Firmware, image: Image) -> Board:
    """The board with its memory system as start-up sets it up, seen by booting once; as it is when that fails."""
    machine = LiveMachine(
        board=board,
        firmware=firmware,
        image=image,
        cycles_of=lambda _profile: {},
        on_output=lambda _data: None,
        on_tick=lambda _instructions: False,
        instruction_limit=_BOOT_INSTRUCTIONS,
    )
    try:
        machine.run()
        registers = machine.registers(control_registers(board))
    except (RunError, Rebooted):
        return board
    finally:
        machine.close()
    return with_memory_config(board, config_from_registers(board, registers))


def _cycles(profile: ExecutionProfile, *, board: Board, code: CodeImage) -> dict[int, int]:
    return {layer.layer: layer.total for layer in estimate(profile, board, code).layers}
