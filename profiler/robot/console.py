"""The serial line of a suite: to a board at a port, or to an emulated board that is started for it."""

from __future__ import annotations

from profiler.boards.model import Board
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.run.link import Patience, SerialLink
from profiler.settings import load_settings
from profiler.sim.board_sim import BoardSim


class Console:
    """One port at a time. Everything raises ProfilerError."""

    def __init__(self) -> None:
        self._link: SerialLink | None = None
        self._simulator: BoardSim | None = None

    def simulate(self, model: str, board: Board) -> str:
        """Builds the model's firmware, flashes it to an emulated board, opens its port; returns the port's path."""
        self.close()
        options, settings, progress = Options(), load_settings(), Progress()
        ready = prepare(model, core=board.core, options=options, progress=progress)
        firmware = build(ready, board, options=options, settings=settings, progress=progress)
        simulator = BoardSim(board=board)
        simulator.start()
        self._simulator = simulator
        simulator.flash(firmware.elf_path)
        self._link = SerialLink.open(simulator.port, board.uart.baud, Patience())
        return simulator.port

    def open(self, port: str, baud: int) -> None:
        """Opens a port in place of the one that is open."""
        self.close()
        self._link = SerialLink.open(port, baud, Patience())

    def ask(self, command: str) -> list[str]:
        """Lines of the answer to a command."""
        return self._open_link().ask(command, busy=True)

    def transcript(self) -> str:
        """Everything received so far."""
        return self._open_link().transcript.decode("ascii", "replace")

    def close(self) -> None:
        """Whatever is open."""
        if self._link is not None:
            self._link.close()
        if self._simulator is not None:
            self._simulator.stop()
        self._link = self._simulator = None

    def _open_link(self) -> SerialLink:
        if self._link is None:
            raise AssertionError("no serial port is open: use Start Board Simulator or Open Serial Port first")
        return self._link
