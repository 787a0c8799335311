"""Model bytes → firmware for a board, the way the pipeline builds it."""

from __future__ import annotations

from pathlib import Path

from profiler.boards.loader import load_board
from profiler.build.firmware import build_firmware
from profiler.build.model import Firmware, Optimization
from profiler.build.toolchain import find_toolchain
from profiler.codegen.choose import choose_layers, operator_needs
from profiler.codegen.model import SourceTree
from profiler.graph.tflite_reader import read
from profiler.pipeline import emit
from profiler.plan.plan import plan_memory

STACK_BYTES = 4096


def source_tree(model: bytes, board: str = "nucleo_l4r5zi", *, kernels: str = "auto") -> SourceTree:
    """All generated files for the model on the board."""
    target = load_board(board)
    graph = read(model)
    layers = choose_layers(graph, target.core, variant=kernels)
    plan = plan_memory(graph, operator_needs(layers))
    return emit(graph, layers, plan, target, stack_bytes=STACK_BYTES)


def firmware(
    model: bytes, cache_folder: Path, board: str = "nucleo_l4r5zi", *, optimization: Optimization = Optimization.SIZE
) -> Firmware:
    """The linked firmware, built into `cache_folder`."""
    return build_firmware(
        source_tree(model, board),
        load_board(board),
        find_toolchain("arm-none-eabi-"),
        optimization=optimization,
        cache_folder=cache_folder,
        jobs=2,
    )
