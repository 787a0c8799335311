"""Where the cycles of a layer go: its blocks, most expensive first, each with an annotated listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from profiler.boards.model import Board
from profiler.errors import RunError
from profiler.run.model import BlockCount, ExecutionProfile, LayerExecution
from profiler.timing.block_cost import BlockTimer, Cause
from profiler.timing.code_image import CodeImage
from profiler.timing.core_model import load_core_model
from profiler.timing.disassemble import listing
from profiler.timing.instruction_class import LOADS
from profiler.timing.memory import memory_wait
from profiler.timing.operands import OperandCycles, operand_cycles
from profiler.timing.waits import instruction_waits
from profiler.timing.walk import Blocks, Walk, WaysIn, block_ways, blocks_of

TimedWay: TypeAlias = tuple[int, np.void]  # executions, and their native_timer.WAY_TIMING


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionCost:
    """One instruction; its cycles by cause (indexed by `Cause`) over all executions of its block, and those it waited
    for its own fetch and for its data. What was counted by address is put to the block executed most of those that
    share the instruction."""

    address: int
    encoding: bytes
    text: str
    kind: str
    count: int
    cycles: tuple[int, ...]
    fetch_wait: int = 0
    data_wait: int = 0

    @property
    def total_cycles(self) -> int:
        return sum(self.cycles) + self.fetch_wait + self.data_wait


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCost:
    """One basic block of a layer. `cycles` is the sum of its instructions', refills after branches into it
    (`refill_cycles`) and mispredictions of its own last branch."""

    address: int
    count: int
    cycles: int
    refill_cycles: int
    mispredict_cycles: int
    instructions: tuple[InstructionCost, ...]


def explain(profile: ExecutionProfile, board: Board, code: CodeImage, layer: int) -> tuple[BlockCost, ...]:
    """The blocks of one layer (an operator index or DISPATCH), sorted by cycles, most expensive first.

    Their cycles sum to the layer's estimate, if the runner told at which instructions misses were; otherwise to the
    estimate without its `fetch_wait` and `data_wait`. Raises RunError when the profile has no such layer, otherwise as
    `estimate`.
    """
    timer = BlockTimer(load_core_model(board.core.name))  # its own: states belong to the timer they come from
    elsewhere = blocks_of(profile.layers)
    executions = [execution for execution in profile.layers if execution.layer == layer]
    if not executions:
        known = ", ".join(str(execution.layer) for execution in profile.layers)
        raise RunError(f"the profile has no layer {layer}", hint=f"it has {known}")
    blocks = [block for execution in executions for block in _explained(execution, elsewhere, board, timer, code)]
    return tuple(sorted(blocks, key=lambda block: (-block.cycles, block.address)))


def _explained(
    execution: LayerExecution, elsewhere: Blocks, board: Board, timer: BlockTimer, code: CodeImage
) -> list[BlockCost]:
    walk = Walk(execution, elsewhere)
    mispredicted = walk.mispredicted_branches() if timer.core.branch.mispredict_cycles else {}
    ways = walk.ways_in()
    timings = timer.time_ways(block_ways(ways, code))
    blocks = [
        _block_cost(block, entries, timer, code.read(block.address, block.size_bytes), mispredicted.get(block, 0))
        for block, entries in _grouped(ways, timings).items()
    ]
    blocks = _with_operands(blocks, operand_cycles(execution, timer.core))
    wait = memory_wait(execution, board, sum(block.cycles for block in blocks))
    loads: dict[int, int] = defaultdict(int)
    for instruction in (instruction for block in blocks for instruction in block.instructions):
        if instruction.kind in LOADS:
            loads[instruction.address] += instruction.count
    return _with_waits(blocks, instruction_waits(wait, execution.misses, loads))


def _with_operands(blocks: list[BlockCost], more: Mapping[int, OperandCycles]) -> list[BlockCost]:
    def changed(instruction: InstructionCost) -> InstructionCost:
        its = more[instruction.address]
        cycles = list(instruction.cycles)
        cycles[Cause.LOAD_USE] += its.load_use
        cycles[Cause.MULTIPLY_DIVIDE] += its.multiply_divide
        return replace(instruction, cycles=tuple(cycles))

    return _changed(blocks, more.keys(), changed)


def _with_waits(blocks: list[BlockCost], waits: Mapping[int, tuple[int, int]]) -> list[BlockCost]:
    def changed(instruction: InstructionCost) -> InstructionCost:
        fetch_wait, data_wait = waits[instruction.address]
        return replace(instruction, fetch_wait=fetch_wait, data_wait=data_wait)

    return _changed(blocks, waits.keys(), changed)


def _changed(
    blocks: list[BlockCost], addresses: Set[int], change: Callable[[InstructionCost], InstructionCost]
) -> list[BlockCost]:
    """Blocks with the instructions at `addresses` changed, each in the block executed most of those that share it."""
    owners: dict[int, int] = {}
    for number, block in sorted(enumerate(blocks), key=lambda item: item[1].count):
        owners |= dict.fromkeys((each.address for each in block.instructions if each.address in addresses), number)
    result = []
    for number, block in enumerate(blocks):
        instructions = tuple(
            change(each) if owners.get(each.address) == number else each for each in block.instructions
        )
        before, after = (sum(each.total_cycles for each in those) for those in (block.instructions, instructions))
        result.append(replace(block, instructions=instructions, cycles=block.cycles + after - before))
    return result


def _grouped(ways: WaysIn, timings: np.ndarray) -> dict[BlockCount, list[TimedWay]]:
    grouped: dict[BlockCount, list[TimedWay]] = defaultdict(list)
    for block, count, timing in zip(ways.blocks.tolist(), ways.counts.tolist(), timings, strict=True):
        grouped[ways.known[block]].append((count, timing))
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
