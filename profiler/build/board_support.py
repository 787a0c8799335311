"""Does a board's support package agree with its board file? Only the compiler knows: it is asked."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from profiler.boards.check import Problem
from profiler.boards.model import Board
from profiler.build.compile import COMMON_FLAGS
from profiler.build.firmware import support_folder
from profiler.build.toolchain import Toolchain
from profiler.codegen.board_files import HARNESS_RAM_BYTES, emit_board
from profiler.errors import BoardError, DoesNotFitError, ToolchainError
from profiler.plan.fit import place

_ARENA_BYTES, _STACK_BYTES, _FLASH_BYTES = 64, 512, 4096  # of the smallest firmware that runs any model at all
_UART_DRIVER = re.compile(r'^#include "bsp/drivers/(stm32_usart_v\d|pl011|cmsdk_uart)\.h"', re.MULTILINE)
_ERROR = re.compile(r"^.*?:\d+:\d+: (?:fatal )?error: (.*)$", re.MULTILINE)
_ASSERTION = re.compile(r"static assertion failed: (.*)")


def check_board_support(board: Board, toolchain: Toolchain) -> list[Problem]:
    """What the compiler says of the board support package with this board's constants: clock, UART, pins."""
    try:
        folder = support_folder(board)
    except BoardError as error:
        return [Problem(key="bsp_family", message=error.message, remedy=error.hint or "")]
    if problems := list(_uart_model(board, folder)):
        return problems
    try:
        placement = place(
            board,
            arena_bytes=_ARENA_BYTES,
            other_ram_bytes=HARNESS_RAM_BYTES,
            stack_bytes=_STACK_BYTES,
            flash_bytes=_FLASH_BYTES,
        )
    except DoesNotFitError as error:
        return [Problem(key="memories", message=f"no firmware fits: {error.message}", remedy="check the sizes")]
    tree = emit_board(board, placement, stack_bytes=_STACK_BYTES)
    with tempfile.TemporaryDirectory() as name:
        header = Path(name) / "board_config.h"
        header.write_bytes(tree.files["board/board_config.h"])
        flags = [*board.core.gcc_flags, *COMMON_FLAGS, "-O2", "-fsyntax-only"]
        includes = [f"-I{name}", f"-I{folder.parent.parent}"]
        return [
            problem
            for source in sorted(folder.glob("*.cc"))
            for problem in _compile(toolchain, [*flags, *includes, str(source)], Path(name))
        ]


def _uart_model(board: Board, folder: Path) -> Iterator[Problem]:
    """The drivers that packages share are called like the UART models; some packages have one of their own."""
    driven = _UART_DRIVER.findall((folder / "bsp.cc").read_text(encoding="utf-8"))
    if driven and board.uart.model not in driven:
        yield Problem(
            key="uart.model",
            message=f"the board support package drives a {driven[0]}, not a {board.uart.model}",
            remedy=_OTHER,
        )


def _compile(toolchain: Toolchain, arguments: list[str], folder: Path) -> list[Problem]:
    try:
        toolchain.run("g++", arguments, folder=folder)
    except ToolchainError as error:
        said = list(dict.fromkeys(_ERROR.findall(error.message))) or [error.message[:300]]
        return [_problem(text) for text in said]
    return []


def _problem(text: str) -> Problem:
    assertion = _ASSERTION.search(text)
    if assertion is None:
        return Problem(key="bsp_family", message=f"its package does not compile for this board: {text}", remedy=_OTHER)
    said = assertion[1]
    key = "clock.hz" if "hz" in said.lower() or "clock" in said.lower() else "uart"
    return Problem(key=key, message=f"the board support package says: {said}", remedy=_OTHER)


_OTHER = "correct the board file, or write a package of its own for this board: bsp_family"
