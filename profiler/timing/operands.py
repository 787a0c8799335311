"""Cycles that depend on operands: divides that end early, reads that are not aligned to their size.

Blocks are timed with the class's cycles for each divide and with aligned reads; what is here is added to that, at the
instruction where it was counted. A runner that did not look at operands leaves the class's cycles as they are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from profiler.run.model import SHORTER_DIVIDEND, ZERO_OPERAND, LayerExecution
from profiler.timing.core_model import CoreModel, DivideCost
from profiler.timing.instruction_class import InstructionClass


@dataclass(frozen=True, slots=True, kw_only=True)
class OperandCycles:
    """More (or fewer) cycles of an instruction's executions than its class costs."""

    load_use: int = 0
    multiply_divide: int = 0

    def __add__(self, other: OperandCycles) -> OperandCycles:
        return OperandCycles(
            load_use=self.load_use + other.load_use, multiply_divide=self.multiply_divide + other.multiply_divide
        )


def operand_cycles(layer: LayerExecution, core: CoreModel) -> dict[int, OperandCycles]:
    """By address, of the instructions that were counted."""
    found: dict[int, OperandCycles] = defaultdict(OperandCycles)
    if core.unaligned is not None:
        for reads in layer.unaligned:
            cycles = (
                reads.halfwords * core.unaligned.halfword_cycles
                + reads.words * core.unaligned.word_cycles
                + reads.odd_words * core.unaligned.odd_word_cycles
            )
            found[reads.address] += OperandCycles(load_use=cycles)
    if core.divide is not None:
        usual = core.costs[InstructionClass.DIVIDE].cycles
        for divide in layer.divides:
            more = divide_cycles(core.divide, divide.extra_bits) - usual
            found[divide.address] += OperandCycles(multiply_divide=divide.count * more)
    return dict(found)


def divide_cycles(cost: DivideCost, extra_bits: int) -> int:
    """Cycles of one divide whose dividend is so many bits longer than its divisor (run.model.DivideCount)."""
    if extra_bits == ZERO_OPERAND:
        return cost.zero_cycles
    if extra_bits == SHORTER_DIVIDEND:
        return cost.shorter_cycles
    return cost.base_cycles + extra_bits // cost.bits_a_cycle


def unknown_divides(layer: LayerExecution, core: CoreModel, executed: int) -> int:
    """Of `executed` divides those whose operands were not looked at, where they would have mattered."""
    return max(0, executed - sum(divide.count for divide in layer.divides)) if core.divide is not None else 0
