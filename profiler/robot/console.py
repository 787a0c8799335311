"""The serial line of a suite: to a board at a port, or to an emulated board that is started for it."""

from __future__ import annotations

from contextlib import ExitStack

from profiler.boards.model import Board
from profiler.lab.discovery import probe_serial_of, resources_of
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.run.lease import leases
from profiler.run.link import Patience, SerialLink
from profiler.settings import load_settings
from profiler.sim.board_sim import BoardSim

_ANSWER_BYTES = 1 << 22  # `db print` and `output` may have as many as a memory


class Console:
    """One port at a time, which nobody else uses meanwhile. Everything raises ProfilerError."""

    def __init__(self) -> None:
        self._link: SerialLink | None = None
        self._simulator: BoardSim | None = None
        self._held = ExitStack()  # the lease of a port

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
        self._link = SerialLink.open(simulator.port, board.uart.baud, Patience().with_an_emulator())
        return simulator.port

    def open(self, port: str, baud: int) -> None:
        """Opens a port in place of the one that is open. Raises BoardBusyError when somebody else uses it."""
        self.close()
        self._held.enter_context(leases(resources_of(port, probe_serial_of(port)), load_settings().lease_folder))
        try:
            self._link = SerialLink.open(port, baud, Patience())
        except BaseException:
            self.close()
            raise

    def ask(self, command: str) -> list[str]:
        """Lines of the answer to a command."""
        return self._open_link().ask(command, busy=True, longest_bytes=_ANSWER_BYTES)

    def transcript(self) -> str:
        """Everything received so far."""
        return self._open_link().transcript.decode("ascii", "replace")

    def close(self) -> None:
        """Whatever is open."""
        if self._link is not None:
            self._link.close()
        if self._simulator is not None:
            self._simulator.stop()
        self._held.close()
        self._link = self._simulator = None

    def _open_link(self) -> SerialLink:
        if self._link is None:
            raise AssertionError("no serial port is open: use Start Board Simulator or Open Serial Port first")
        return self._link
