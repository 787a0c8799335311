"""Where the cycles of a layer go: its blocks, most expensive first, each with an annotated listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
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
from profiler.timing.walk import WayIn, block_ways, blocks_by_address, mispredicted_branches, ways_in


TimedWay: TypeAlias = tuple[WayIn, np.void]  # with its native_timer.WAY_TIMING


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
            _block_cost(entries, timer, code, mispredicted.get(entries[0][0].block, 0))
            for entries in _grouped(zip(ways, timings, strict=True))
        ]
    return tuple(sorted(blocks, key=lambda block: (-block.cycles, block.address)))


def _grouped(entries: Iterable[TimedWay]) -> list[list[TimedWay]]:
    grouped: dict[BlockCount, list[TimedWay]] = defaultdict(list)
    for entry in entries:
        grouped[entry[0].block].append(entry)
    return list(grouped.values())


def _block_cost(entries: list[TimedWay], timer: BlockTimer, code: CodeImage, mispredicted: int) -> BlockCost:
    block = entries[0][0].block
    content = code.read(block.address, block.size_bytes)
    traces = [(way.count, timer.time(content, int(timing["entry_state"]), block.address).lines) for way, timing in entries]
    executions = sum(way.count for way, _ in entries)
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
    refill = sum(way.count * int(timing["refill_cycles"]) for way, timing in entries)
    mispredict = mispredicted * timer.core.branch.mispredict_cycles
    return BlockCost(
        address=block.address,
        count=executions,
        cycles=sum(instruction.total_cycles for instruction in instructions) + refill + mispredict,
        refill_cycles=refill,
        mispredict_cycles=mispredict,
        instructions=tuple(instructions),
    )
