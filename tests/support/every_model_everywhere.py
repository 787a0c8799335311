"""The embedded emulator against simulated boards: outputs, cycles of the whole, cycles of each layer.

`python -m tests.support.every_model_everywhere [MODEL …] [--board NAME …]` compares the zoo's models on every board
that is more than a core, where they fit. It exits with 1 when anything differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import DoesNotFitError
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.run.board import BoardRunner
from profiler.run.link import Patience
from profiler.run.model import DISPATCH, MeasuredRun, RunResult
from profiler.run.unicorn_runner import UnicornRunner
from profiler.sim.board_sim import BoardSim
from profiler.timing.estimate import code_image, estimate
from tests.support.firmware import firmware

MODELS = [f"zoo:{name}{variant}" for name in ("kws", "ad", "ic", "vww") for variant in ("", "_float32")]
BOARDS = [name for name in board_names() if not name.startswith("generic")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`emulated_layers` and `around_layers`: cycles of each layer, the latter with the counter read around them."""

    emulated: RunResult
    measured: MeasuredRun
    emulated_layers: Mapping[int, int]  # DISPATCH included
    around_layers: Mapping[int, int]

    @property
    def equal(self) -> bool:
        """Whether outputs, cycles and cycles of each layer are the same."""
        measured = {layer.layer: set(layer.cycles) for layer in self.measured.profile.layers}
        return (
            self.measured.outputs == self.emulated.outputs
            and set(self.measured.profile.cycles) == {sum(self.emulated_layers.values())}
            and measured == {layer: {cycles} for layer, cycles in self.around_layers.items()}
        )


def compare(model: str, board: Board, cache_folder: Path) -> Comparison:
    """Build and run in both places. Raises DoesNotFitError."""
    data = resolve(model).read_bytes()
    built = firmware(data, cache_folder, board.name)
    inputs = seeded_inputs(read(data), 1, 0)
    emulated = UnicornRunner().run(built, board, inputs)
    around = layer_cycles(UnicornRunner(around_layers=True).run(built, board, inputs), board, built)
    with BoardSim(board) as sim:
        sim.flash(built.elf_path)
        runner = BoardRunner(url=sim.port, clock_seconds=0, patience=Patience(answer_seconds=10, busy_seconds=600))
        measured = runner.run(built, board, inputs)
    return Comparison(
        emulated=emulated,
        measured=measured,
        emulated_layers=layer_cycles(emulated, board, built),
        around_layers={layer: cycles for layer, cycles in around.items() if layer != DISPATCH},
    )


def layer_cycles(run: RunResult, board: Board, built: Firmware) -> dict[int, int]:
    """The timing model's cycles of each layer of a run, and of DISPATCH."""
    return {layer.layer: layer.total for layer in estimate(run.profile, board, code_image(built.elf_path)).layers}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--board", action="append")
    arguments = parser.parse_args()
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for model in arguments.models:
            for name in arguments.board or BOARDS:
                try:
                    found = compare(model, load_board(name), Path(folder))
                except DoesNotFitError:
                    print(f"{model:16} {name:20} does not fit", flush=True)
                    continue
                different += not found.equal
                cycles = sum(found.emulated_layers.values())
                said = "equal" if found.equal else f"DIFFERENT: {found.measured.profile}"
                print(
                    f"{model:16} {name:20} {cycles:13,} cycles, {len(found.around_layers)} layers: {said}", flush=True
                )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
