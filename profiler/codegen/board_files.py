"""Board and placement → the generated files of the harness: constants for C++ and the linker script."""

from __future__ import annotations

from profiler.boards.model import Board
from profiler.codegen.emit import render_template, tree
from profiler.codegen.model import SourceTree
from profiler.plan.fit import MemoryPlacement

HARNESS_RAM_BYTES = 512
"""Upper bound of the harness's .data and .bss, for placing memories before anything is linked; a placement that turns
out too small is caught by the linker script's assertions."""

_BOOT2_FAMILIES = {"rp2040": 256}  # second-stage boot loader in front of the image: RP2040 datasheet 2.8.1.3.1


def emit_board(board: Board, placement: MemoryPlacement, *, stack_bytes: int) -> SourceTree:
    """`board/board_config.h` and `board/firmware.ld`. The same board, placement and stack give the same bytes."""
    skipped = board.vector_table_offset_bytes  # `placement.flash` begins behind it, the script's regions do not
    flash = {
        "address": placement.flash.address - skipped,
        "size_bytes": placement.flash.size_bytes + skipped,
        "offset_bytes": skipped,
        "boot2_bytes": _BOOT2_FAMILIES.get(board.bsp_family, 0),
    }
    script = render_template(
        "firmware.ld.j2",
        board=board,
        flash=flash,
        ram=placement.data,
        arena=None if placement.arena == placement.data else placement.arena,
        stack_bytes=stack_bytes,
    )
    config = render_template("board_config.h.j2", board=board)
    return tree({"board/board_config.h": config, "board/firmware.ld": script})
