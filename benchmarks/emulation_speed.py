"""How fast the emulator executes a model: without any hook, counting, and counting with the memory simulation.

The three are interleaved in one process and the best CPU time of each is taken, so their ratios mean something on a
busy machine too. Instructions are those of the whole run: boot, serial conversation, and the inferences.

    python benchmarks/emulation_speed.py [MODEL] [--board BOARD] [--inferences N] [--rounds N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import closing

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.boards.model import Board
from profiler.build.firmware import build_firmware
from profiler.build.model import Firmware, Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.pipeline import emit
from profiler.plan.plan import plan_memory
from profiler.run.image import load_image
from profiler.run.machine import Limits, Machine
from profiler.run.protocol import PROMPT, checked, load_messages
from profiler.settings import load_settings

_WAYS = {
    "no hooks": {"counting": False, "memory_simulation": False},
    "counting": {"counting": True, "memory_simulation": False},
    "counting and memory": {"counting": True, "memory_simulation": True},
}
_UNLIMITED = Limits(instructions=1 << 62, on_tick=lambda _instructions: False)


def _firmware(model: str, board: Board) -> tuple[Firmware, Sequence[bytes]]:
    """The firmware that `profiler run` builds with default options, and one input set."""
    settings = load_settings()
    graph = read(resolve(model).read_bytes())
    layers = choose_layers(graph, board.core, variant="auto")
    plan = plan_memory(graph, operator_needs(layers), planner="best")
    tree = emit(graph, layers, plan, board, stack_bytes=settings.stack_bytes)
    firmware = build_firmware(
        tree,
        board,
        find_toolchain(settings.toolchain_prefix),
        optimization=Optimization.BALANCED,
        cache_folder=settings.cache_folder,
        jobs=settings.jobs,
    )
    return firmware, seeded_inputs(graph, 1, 0)[0]


def _measure(firmware: Firmware, board: Board, messages: list[bytes], way: dict[str, bool]) -> tuple[float, int]:
    """CPU seconds and, when counted, executed instructions of one run."""
    image = load_image(firmware.elf_path, board)
    boot = Machine(
        board=board, firmware=firmware, image=image, messages=messages, prompt=PROMPT, limits=_UNLIMITED, **way
    )
    with closing(boot) as machine:
        started = time.process_time()
        machine.run()
        return time.process_time() - started, machine.tracer.status().instructions


def main() -> None:
    """Print one line per way of running."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="zoo:kws")
    parser.add_argument("--board", default="nucleo_l4r5zi")
    parser.add_argument("--inferences", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    board = load_board(chosen.board)
    firmware, inputs = _firmware(chosen.model, board)
    messages = [*load_messages(inputs), checked(f"infer {chosen.inferences} 0")]
    seconds = dict.fromkeys(_WAYS, float("inf"))
    instructions = 0
    for _ in range(chosen.rounds):
        for name, way in _WAYS.items():
            spent, counted = _measure(firmware, board, messages, way)
            seconds[name] = min(seconds[name], spent)
            instructions = counted or instructions
    print(f"{chosen.model} on {chosen.board}: {instructions:,} instructions")
    for name, best in seconds.items():
        print(f"{name:<22} {instructions / best / 1e6:6.0f} M/s   {seconds['no hooks'] / best:5.2f} × no hooks")


if __name__ == "__main__":
    main()
