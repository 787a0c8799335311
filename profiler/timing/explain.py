"""Where the cycles of a layer go: its blocks, most expensive first, each with an annotated listing."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from profiler.boards.model import Board
from profiler.errors import RunError
from profiler.run.model import BlockCount, ExecutionProfile
from profiler.timing.block_cost import BlockTimer, Cause
from profiler.timing.code_image import CodeImage
from profiler.timing.core_model import load_core_model
from profiler.timing.disassemble import listing
from profiler.timing.walk import WaysIn, block_ways, blocks_by_address, mispredicted_branches, ways_in

TimedWay: TypeAlias = tuple[int, np.void]  # executions, and their native_timer.WAY_TIMING


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionCost:
    """One instruction; its cycles by cause (indexed by `Cause`) over all executions of its block."""

    address: int
    encoding: bytes
    text: str
    kind: str
    count: int
    cycles: tuple[int, ...]

    @property
    def total_cycles(self) -> int:
        return sum(self.cycles)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCost:
    """One basic block of a layer. `cycles` is the sum of its instructions', refills after branches into it
    (`refill_cycles`) and mispredictions of its own last branch; waiting for memory is not in it."""

    address: int
    count: int
    cycles: int
    refill_cycles: int
    mispredict_cycles: int
    instructions: tuple[InstructionCost, ...]


def explain(profile: ExecutionProfile, board: Board, code: CodeImage, layer: int) -> tuple[BlockCost, ...]:
    """The blocks of one layer (an operator index or DISPATCH), sorted by cycles, most expensive first.

    Their cycles sum to the layer's estimate without its `fetch_wait` and `data_wait`. Raises RunError when the
    profile has no such layer, otherwise as `estimate`.
    """
    timer = BlockTimer(load_core_model(board.core.name))  # its own: states belong to the timer they come from
    elsewhere = blocks_by_address(profile.layers)
    executions = [execution for execution in profile.layers if execution.layer == layer]
    if not executions:
        known = ", ".join(str(execution.layer) for execution in profile.layers)
        raise RunError(f"the profile has no layer {layer}", hint=f"it has {known}")
    blocks = []
    for execution in executions:
        mispredicted = mispredicted_branches(execution, elsewhere) if timer.core.branch.mispredict_cycles else {}
        ways = ways_in(execution, elsewhere)
        timings = timer.time_ways(block_ways(ways, code))
        blocks += [
            _block_cost(block, entries, timer, code.read(block.address, block.size_bytes), mispredicted.get(block, 0))
            for block, entries in _grouped(ways, timings).items()
        ]
    return tuple(sorted(blocks, key=lambda block: (-block.cycles, block.address)))


def _grouped(ways: WaysIn, timings: np.ndarray) -> dict[BlockCount, list[TimedWay]]:
    grouped: dict[BlockCount, list[TimedWay]] = defaultdict(list)
    for block, count, timing in zip(ways.blocks, ways.counts, timings, strict=True):
        grouped[block].append((count, timing))
    return grouped


def _block_cost(
    block: BlockCount, entries: list[TimedWay], timer: BlockTimer, content: bytes, mispredicted: int
) -> BlockCost:
    traces = [
        (count, timer.time(content, int(timing["entry_state"]), block.address).lines) for count, timing in entries
    ]
    executions = sum(count for count, _ in traces)
    instructions, address = [], block.address
    for position, (encoding, text) in enumerate(listing(content, block.address)):
        instructions.append(
            InstructionCost(
                address=address,
                encoding=encoding,
                text=text,
                kind=traces[0][1][position][0].kind.value,
                count=executions,
                cycles=tuple(sum(count * lines[position][1][cause] for count, lines in traces) for cause in Cause),
            )
        )
        address += len(encoding)
    refill = sum(count * int(timing["refill_cycles"]) for count, timing in entries)
    mispredict = mispredicted * timer.core.branch.mispredict_cycles
    return BlockCost(
        address=block.address,
        count=executions,
        cycles=sum(instruction.total_cycles for instruction in instructions) + refill + mispredict,
        refill_cycles=refill,
        mispredict_cycles=mispredict,
        instructions=tuple(instructions),
    )
