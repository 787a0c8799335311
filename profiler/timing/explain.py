"""Where the cycles of a layer go: its blocks, most expensive first, each with an annotated listing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from profiler.boards.model import Board
from profiler.errors import RunError
from profiler.run.model import BlockCount, ExecutionProfile
from profiler.timing.block_cost import BlockTimer, Cause, block_timer
from profiler.timing.code_image import CodeImage
from profiler.timing.disassemble import listing
from profiler.timing.walk import BlockEntry, block_entries, blocks_by_address, mispredicted_branches


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
    timer = block_timer(board.core.name)
    elsewhere = blocks_by_address(profile.layers)
    executions = [execution for execution in profile.layers if execution.layer == layer]
    if not executions:
        known = ", ".join(str(execution.layer) for execution in profile.layers)
        raise RunError(f"the profile has no layer {layer}", hint=f"it has {known}")
    blocks = []
    for execution in executions:
        mispredicted = mispredicted_branches(execution, elsewhere) if timer.core.branch.mispredict_cycles else {}
        blocks += [
            _block_cost(entries, timer, mispredicted.get(entries[0].block, 0))
            for entries in _grouped(block_entries(execution, elsewhere, timer, code))
        ]
    return tuple(sorted(blocks, key=lambda block: (-block.cycles, block.address)))


def _grouped(entries: Iterable[BlockEntry]) -> list[list[BlockEntry]]:
    grouped: dict[BlockCount, list[BlockEntry]] = defaultdict(list)
    for entry in entries:
        grouped[entry.block].append(entry)
    return list(grouped.values())


def _block_cost(entries: list[BlockEntry], timer: BlockTimer, mispredicted: int) -> BlockCost:
    block, code = entries[0].block, entries[0].code
    traces = [(entry.count, timer.trace(code, entry.state, block.address % 4)) for entry in entries]
    executions = sum(entry.count for entry in entries)
    instructions, address = [], block.address
    for position, (encoding, text) in enumerate(listing(code, block.address)):
        instructions.append(
            InstructionCost(
                address=address,
                encoding=encoding,
                text=text,
                kind=traces[0][1][position][0].kind.value,
                count=executions,
                cycles=tuple(sum(count * trace[position][1][cause] for count, trace in traces) for cause in Cause),
            )
        )
        address += len(encoding)
    refill = sum(entry.count * entry.refill_cycles for entry in entries)
    mispredict = mispredicted * timer.core.branch.mispredict_cycles
    return BlockCost(
        address=block.address,
        count=executions,
        cycles=sum(instruction.total_cycles for instruction in instructions) + refill + mispredict,
        refill_cycles=refill,
        mispredict_cycles=mispredict,
        instructions=tuple(instructions),
    )
