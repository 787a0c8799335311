"""Cycles of basic blocks on one core: an in-order pipeline that issues one or two instructions a cycle.

Cycles are counted as if memory answered at once; `memory.py` adds what waiting for memory costs. The result depends
on the block's bytes and on what the preceding block left unfinished; it is computed once for each such pair. The rules
of the pipeline are in `native/pipeline.c`, what each instruction brings to them in `operation.py`.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiler.timing.core_model import CoreModel, load_core_model
from profiler.timing.disassemble import Instruction, decode, disassemble
from profiler.timing.native_timer import WAY, NativeTimer
from profiler.timing.native_types import NONE, State
from profiler.timing.operation import Cause, prepare

__all__ = ["CLEAN", "NO_BLOCK", "BlockTimer", "BlockTiming", "BlockWays", "Cause", "block_key", "block_timer"]

CLEAN = 0  # number of the state in which nothing is unfinished
NO_BLOCK = -1  # in place of a block's position: none is known
_MAX_BLOCKS = 1 << 20  # some hundred bytes each; a timer that knows more begins anew


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWays:
    """Ways into blocks, item by item: a block, the one before it (NO_BLOCK: it starts with an empty pipeline), and
    whether a taken branch led from the one to the other. Blocks are positions in `keys`, which `block_key` makes."""

    keys: Sequence[bytes]
    blocks: npt.NDArray[np.int64] | Sequence[int]
    origins: npt.NDArray[np.int64] | Sequence[int]
    taken: npt.NDArray[np.bool_] | Sequence[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTiming:
    """Cycles of one execution of a block, by cause (indexed by `Cause`), without the way into it.

    `lines` are its instructions with the cycles each adds; they sum to `cycles`.
    """

    cycles: tuple[int, ...]
    lines: tuple[tuple[Instruction, tuple[int, ...]], ...]
    exit_state: int


def block_key(code: bytes, address: int) -> bytes:
    """What tells blocks apart: their bytes, and whether they begin at a word boundary."""
    return code + (b"\2" if address & 2 else b"\0")


class BlockTimer:
    """Times blocks on one core; remembers what it has timed, by content and entry state."""

    def __init__(self, core: CoreModel) -> None:
        """Raises RunError when the native library is missing."""
        self.core = core
        self._lock = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._native = NativeTimer(self.core)
        self._numbers: dict[bytes, int] = {}

    def time_ways(self, ways: BlockWays) -> np.ndarray:
        """Timings (native_timer.WAY_TIMING) of ways into blocks, in order. Threads may share a timer for this.

        Raises ValueError for a block of less than one instruction.
        """
        with self._lock:
            if len(self._numbers) > _MAX_BLOCKS:
                self._start()
            self._add(ways.keys)
            # One more, so that position NO_BLOCK finds NONE.
            numbers = np.array([*map(self._numbers.__getitem__, ways.keys), NONE], np.uint32)
            table = np.empty(len(ways.blocks), WAY)
            table["block"] = numbers[np.asarray(ways.blocks, np.int64)]
            table["origin"] = numbers[np.asarray(ways.origins, np.int64)]
            table["taken"] = ways.taken
            return self._native.time_ways(table)

    def time(self, code: bytes, state: int = CLEAN, offset_bytes: int = 0) -> BlockTiming:
        """One block, `offset_bytes` (0 or 2) from a word boundary, from a state that this timer returned.

        Raises ValueError for less than one instruction.
        """
        key = block_key(code, offset_bytes)
        self._add((key,))
        instructions = disassemble(code)
        timing, cycles = self._native.trace(self._numbers[key], state, len(instructions))
        lines = zip(instructions, map(tuple, cycles.tolist()), strict=True)
        return BlockTiming(cycles=tuple(timing.cycles), lines=tuple(lines), exit_state=timing.exit_state)

    def state(self, number: int) -> State:
        """What is unfinished in a state."""
        return self._native.state(number)

    def _add(self, keys: Iterable[bytes]) -> None:
        """Blocks that are new, with the operations of encodings that are new."""
        new = [key for key in dict.fromkeys(keys) if key not in self._numbers]
        if not new:
            return
        contents = [key[:-1] for key in new]
        sizes = [len(content) for content in contents]
        if min(sizes) < 2:
            raise ValueError("a block of less than one instruction")
        code = b"".join(contents)
        for encoding in self._native.missing(code, sizes):
            self._native.add_operation(encoding, prepare(self.core, decode(encoding)))
        first = self._native.add_blocks(code, sizes, [key[-1] for key in new])
        self._numbers.update(zip(new, range(first, first + len(new)), strict=True))


@functools.lru_cache(maxsize=16)
def block_timer(core: str) -> BlockTimer:
    """The timer of a core by name. Raises BoardError when it has no cost table."""
    return BlockTimer(load_core_model(core))
