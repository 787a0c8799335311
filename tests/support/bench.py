"""A simulated board with a lab file that names it, as a host with a board on its bench has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from profiler.boards.loader import load_board
from profiler.sim.board_sim import BoardSim
from profiler.sim.faults import Faults
from profiler.sim.probe import DropFolder

ALIAS = "bench1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A folder with `lab.toml`, the probe's folder, and `port`, a link to where the board is plugged in."""

    folder: Path
    board: str

    @property
    def lab_file(self) -> Path:
        return self.folder / "lab.toml"

    def write_lab(self) -> None:
        """Names the board ALIAS."""
        self.lab_file.write_text(
            f'[boards.{ALIAS}]\nboard = "{self.board}"\nport = "{self.folder / "port"}"\nlocation = "a shelf"\n'
            f'flash = "sim:{self.folder / "probe"}"\n'
        )

    @contextmanager
    def plugged_in(self, **faults: int) -> Iterator[BoardSim]:
        """The board behind its port until the block ends."""
        link = self.folder / "port"
        with BoardSim(load_board(self.board), faults=Faults(**faults)) as sim, DropFolder(sim, self.folder / "probe"):
            link.symlink_to(sim.port)
            try:
                yield sim
            finally:
                link.unlink()


def make_bench(folder: Path, board: str) -> Bench:
    """A bench whose board is not plugged in yet."""
    bench = Bench(folder=folder, board=board)
    bench.write_lab()
    return bench
