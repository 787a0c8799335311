"""Execution profile → cycles, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.boards.model import Board
from profiler.run.model import ExecutionProfile, LayerExecution
from profiler.timing.block_cost import BlockTimer, Cause, block_timer
from profiler.timing.code_image import CodeImage, code_image
from profiler.timing.core_model import CoreModel
from profiler.timing.instruction_class import InstructionClass
from profiler.timing.memory import memory_wait
from profiler.timing.model import CycleEstimate, LayerCycles
from profiler.timing.operands import operand_cycles, unknown_divides
from profiler.timing.walk import Blocks, Walk, block_ways, blocks_of

__all__ = ["CodeImage", "code_image", "estimate"]


def estimate(profile: ExecutionProfile, board: Board, code: CodeImage) -> CycleEstimate:
    """Cycles of one inference on a board, from exact counts and the cost tables of its core and memories.

    The layers come in the order of the profile, and each layer's causes sum to its total. Raises BoardError when the
    core has no cost table or the counts do not fit the board, RunError when executed code is not in the image.
    """
    timer = block_timer(board.core.name)
    elsewhere = blocks_of(profile.layers)
    layers, guessed = [], _Guessed()
    for execution in profile.layers:
        cycles, guessed_here = _layer_cycles(execution, elsewhere, board, timer, code)
        layers.append(cycles)
        guessed += guessed_here
    return CycleEstimate(
        core=timer.core.name,
        clock_hz=board.clock_hz,
        layers=tuple(layers),
        error_fraction=_error_fraction(timer, board),
        error_source=timer.core.error_source,
        validated=timer.core.validated and board.soc in timer.core.compared_socs,
        warnings=_warnings(guessed, timer.core),
    )


@dataclass(frozen=True, slots=True)
class _Guessed:
    """Executed instructions whose cycles are a guess: without a cost, and divides whose operands are not known."""

    unknown: int = 0
    divides: int = 0

    def __add__(self, other: _Guessed) -> _Guessed:
        return _Guessed(self.unknown + other.unknown, self.divides + other.divides)


def _warnings(guessed: _Guessed, core: CoreModel) -> tuple[str, ...]:
    warnings = []
    if guessed.unknown:
        told = f"{guessed.unknown:,} executed instructions are not in the cost table of {core.name}"
        warnings.append(f"{told}: taken as one cycle each")
    if guessed.divides:
        middle = core.costs[InstructionClass.DIVIDE].cycles
        warnings.append(f"the operands of {guessed.divides:,} divides are not known: taken as {middle} cycles each")
    return tuple(warnings)


def _error_fraction(timer: BlockTimer, board: Board) -> float:
    compared = board.soc in timer.core.compared_socs
    return timer.core.error_fraction if compared else timer.core.other_error_fraction


def _layer_cycles(
    execution: LayerExecution,
    elsewhere: Blocks,
    board: Board,
    timer: BlockTimer,
    code: CodeImage,
) -> tuple[LayerCycles, _Guessed]:
    walk = Walk(execution, elsewhere)
    ways = walk.ways_in()
    counts = ways.counts
    timings = timer.time_ways(block_ways(ways, code))
    causes: list[int] = (counts @ timings["cycles"]).tolist()
    causes[Cause.BRANCH] += int(counts @ timings["refill_cycles"])
    for more in operand_cycles(execution, timer.core).values():
        causes[Cause.LOAD_USE] += more.load_use
        causes[Cause.MULTIPLY_DIVIDE] += more.multiply_divide
    divides = unknown_divides(execution, timer.core, int(counts @ timings["divides"]))
    if timer.core.branch.mispredict_cycles:
        mispredicted = sum(walk.mispredicted_branches().values())
        causes[Cause.BRANCH] += mispredicted * timer.core.branch.mispredict_cycles
    wait = memory_wait(execution, board, sum(causes))
    total = sum(causes) + wait.fetch_wait_cycles + wait.data_wait_cycles
    error_cycles = round(total * _error_fraction(timer, board))
    layer = LayerCycles(
        layer=execution.layer,
        instructions=execution.instructions,
        issue=causes[Cause.ISSUE],
        load_use=causes[Cause.LOAD_USE],
        branch=causes[Cause.BRANCH],
        multiply_divide=causes[Cause.MULTIPLY_DIVIDE],
        fpu=causes[Cause.FPU],
        fetch_wait=wait.fetch_wait_cycles,
        data_wait=wait.data_wait_cycles,
        total=total,
        low=total - error_cycles,
        high=total + error_cycles,
    )
    return layer, _Guessed(int(counts @ timings["unknown"]), divides)
