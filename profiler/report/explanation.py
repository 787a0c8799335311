"""Where the cycles of an inference went, down to single instructions: what `profiler explain` shows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from profiler.boards.model import Board
from profiler.errors import SettingsError
from profiler.run.location import CodeMap
from profiler.run.model import DISPATCH, ExecutionProfile, MemoryCounts
from profiler.timing.block_cost import Cause
from profiler.timing.code_image import CodeImage
from profiler.timing.estimate import estimate
from profiler.timing.explain import BlockCost, InstructionCost, explain
from profiler.timing.model import CycleEstimate, LayerCycles

CAUSES = (*(cause.name.lower() for cause in Cause), "fetch_wait", "data_wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCycles:
    """Cycles by cause. The waits are zero where the runner did not tell at which instructions misses were."""

    issue: int
    load_use: int
    branch: int
    multiply_divide: int
    fpu: int
    fetch_wait: int
    data_wait: int

    @property
    def total(self) -> int:
        return sum(_causes(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedInstruction:
    """One line of a listing; `cycles` are those of all executions."""

    address: int
    encoding: str  # its bytes in memory order, as hexadecimal digits
    text: str
    count: int
    cycles: CauseCycles
    line: str | None  # "conv_2d_s8_ref.h:41"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedBlock:
    """A basic block, entered at its start only. `cycles` are its instructions' and the `entry_cycles`: those that
    branches to it take to refill the pipeline."""

    address: int
    function: str
    count: int
    entry_cycles: int
    cycles: CauseCycles
    instructions: tuple[ListedInstruction, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCycles:
    """Cycles of the blocks inside one function, without those of the functions it calls."""

    function: str
    cycles: CauseCycles


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLayer:
    """One layer's cycles by cause and what it asked of the memories. `kind` is "between layers" for DISPATCH."""

    layer: int
    kind: str
    cycles: LayerCycles
    memory: tuple[MemoryCounts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All layers; functions, most expensive first; and with a layer chosen, that layer's functions and blocks."""

    board: str
    core: str
    clock_hz: int
    memory_config: str
    layers: tuple[ExplainedLayer, ...]
    functions: tuple[FunctionCycles, ...]
    chosen: ExplainedLayer | None
    blocks: tuple[ListedBlock, ...]  # of the chosen layer, most expensive first
    unplaced_wait: int  # cycles of waiting that are known of whole layers only
    warnings: tuple[str, ...]


def fold_explanation(
    profile: ExecutionProfile,
    board: Board,
    code: CodeImage,
    places: CodeMap,
    *,
    kinds: Mapping[int, str],
    layer: int | None = None,
    memory_config: str = "",
) -> Explanation:
    """Where the cycles of each layer went. `kinds` maps operator index → kind; `layer` may be DISPATCH.

    The cycles of blocks and of functions and the `unplaced_wait` sum to the layers'. Raises SettingsError for a layer
    that did not run, otherwise as `estimate`.
    """
    cycles = estimate(profile, board, code)
    layers = _layers(profile, cycles, kinds)
    chosen = None if layer is None else _chosen(layers, layer)
    explained = [chosen] if chosen else layers
    costs = [cost for each in explained for cost in explain(profile, board, code, each.layer)]
    return Explanation(
        board=board.name,
        core=cycles.core,
        clock_hz=board.clock_hz,
        memory_config=memory_config,
        layers=tuple(layers),
        functions=_functions(costs, places),
        chosen=chosen,
        blocks=_basic_blocks(costs, places) if chosen else (),
        unplaced_wait=sum(each.cycles.total for each in explained) - sum(cost.cycles for cost in costs),
        warnings=cycles.warnings,
    )


def _layers(profile: ExecutionProfile, cycles: CycleEstimate, kinds: Mapping[int, str]) -> list[ExplainedLayer]:
    return [
        ExplainedLayer(
            layer=execution.layer,
            kind="between layers" if execution.layer == DISPATCH else kinds.get(execution.layer, "?").lower(),
            cycles=its_cycles,
            memory=execution.memory,
        )
        for execution, its_cycles in zip(profile.layers, cycles.layers, strict=True)
    ]


def _chosen(layers: Iterable[ExplainedLayer], wanted: int) -> ExplainedLayer:
    found = {layer.layer: layer for layer in layers}
    if wanted not in found:
        raise SettingsError(
            f"no layer {wanted} was run",
            hint=f"choose of: {', '.join(map(str, sorted(found)))} ({DISPATCH} is the code between the layers)",
        )
    return found[wanted]


def _cause_cycles(causes: Iterable[int]) -> CauseCycles:
    return CauseCycles(**dict(zip(CAUSES, causes, strict=True)))


def _block_causes(cost: BlockCost) -> list[int]:
    causes = [sum(parts) for parts in zip(*map(_instruction_causes, cost.instructions), strict=True)]
    causes[Cause.BRANCH] += cost.refill_cycles + cost.mispredict_cycles
    return causes


def _instruction_causes(cost: InstructionCost) -> list[int]:
    return [*cost.cycles, cost.fetch_wait, cost.data_wait]


def _functions(costs: Iterable[BlockCost], places: CodeMap) -> tuple[FunctionCycles, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(CAUSES))
    for cost in costs:
        name = _function(cost.address, places)
        sums[name] = [a + b for a, b in zip(sums[name], _block_causes(cost), strict=True)]
    found = [FunctionCycles(function=name, cycles=_cause_cycles(causes)) for name, causes in sums.items()]
    return tuple(sorted(found, key=lambda function: (-function.cycles.total, function.function)))


def _function(address: int, places: CodeMap) -> str:
    return places.at(address).function or "unknown code"


def _basic_blocks(costs: Sequence[BlockCost], places: CodeMap) -> tuple[ListedBlock, ...]:
    """Each executed instruction once: the emulator's blocks overlap where one is also entered in its middle."""
    instructions: dict[int, ListedInstruction] = {}
    entries: dict[int, int] = defaultdict(int)  # cycles of branching there, by the address of a block's start
    ends = set()
    for cost in costs:
        entries[cost.address] += cost.refill_cycles
        ends.add(cost.instructions[-1].address)
        for instruction in cost.instructions:
            causes = _instruction_causes(instruction)
            if instruction is cost.instructions[-1]:  # the branch that was predicted wrongly
                causes[Cause.BRANCH] += cost.mispredict_cycles
            known = instructions.get(instruction.address)
            instructions[instruction.address] = _line(instruction, causes, known, places)
    runs: list[list[ListedInstruction]] = []
    following = -1
    for address, line in sorted(instructions.items()):
        if address in entries or address != following:
            runs.append([])
        runs[-1].append(line)
        following = -1 if address in ends else address + len(line.encoding) // 2
    blocks = [_block(lines, entries.get(lines[0].address, 0), places) for lines in runs]
    return tuple(sorted(blocks, key=lambda block: (-block.cycles.total, block.address)))


def _line(
    instruction: InstructionCost, causes: Sequence[int], known: ListedInstruction | None, places: CodeMap
) -> ListedInstruction:
    before = _causes(known.cycles) if known else [0] * len(CAUSES)
    return ListedInstruction(
        address=instruction.address,
        encoding=instruction.encoding.hex(),
        text=instruction.text,
        count=instruction.count + (known.count if known else 0),
        cycles=_cause_cycles(a + b for a, b in zip(before, causes, strict=True)),
        line=places.at(instruction.address).line,
    )


def _block(lines: Sequence[ListedInstruction], entry_cycles: int, places: CodeMap) -> ListedBlock:
    causes = [sum(cycles) for cycles in zip(*(_causes(line.cycles) for line in lines), strict=True)]
    causes[Cause.BRANCH] += entry_cycles
    return ListedBlock(
        address=lines[0].address,
        function=_function(lines[0].address, places),
        count=lines[0].count,
        entry_cycles=entry_cycles,
        cycles=_cause_cycles(causes),
        instructions=tuple(lines),
    )


def _causes(cycles: CauseCycles) -> tuple[int, ...]:
    """In the order of `CAUSES`, whose first are those of `Cause`."""
    return tuple(getattr(cycles, cause) for cause in CAUSES)
