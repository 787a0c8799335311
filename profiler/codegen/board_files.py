"""Board and placement → the generated files of the harness: constants for C++ and the linker script."""

from __future__ import annotations

from profiler.boards.memory_controls import control_values
from profiler.boards.model import Board, MemoryRegion
from profiler.codegen.emit import render_template, tree
from profiler.codegen.model import SourceTree
from profiler.plan.fit import MemoryPlacement

HARNESS_RAM_BYTES = 512
"""Upper bound of the harness's .data and .bss, for placing memories before anything is linked; the linker script
asserts it."""


def emit_board(board: Board, placement: MemoryPlacement, *, stack_bytes: int) -> SourceTree:
    """`board/board_config.h`, `board/firmware.ld`, and `board/memory_config.h` where the memory system was switched.

    The same board, placement and stack give the same bytes.
    """
    script = render_template(
        "firmware.ld.j2",
        board=board,
        placement=placement,
        stack_bytes=stack_bytes,
        harness_ram_bytes=HARNESS_RAM_BYTES,
        other_ram=_other_ram(board, placement),
    )
    files = {
        "board/board_config.h": render_template("board_config.h.j2", board=board.as_filed or board),
        "board/firmware.ld": script,
    }
    if board.as_filed:
        controls = control_values(board)
        files["board/memory_config.h"] = render_template("memory_config.h.j2", board=board, controls=controls)
    return tree(files)


def _other_ram(board: Board, placement: MemoryPlacement) -> MemoryRegion | None:
    """The largest RAM in which neither data nor arena is; None when they take part of each."""
    taken = {*placement.data.regions, *placement.arena.regions}
    others = (region for region in board.ram_regions if region.name not in taken)
    return max(others, key=lambda region: region.size_bytes, default=None)
