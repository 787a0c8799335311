"""One instruction with the costs of one core worked in: what the pipeline of `native/pipeline.c` issues."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from profiler.timing.core_model import BranchCost, CoreModel, NarrowPairing
from profiler.timing.disassemble import REGISTER_COUNT, SP, Instruction
from profiler.timing.instruction_class import FP_ARITHMETIC, FP_STORES, LOADS, MULTIPLIES_AND_DIVIDES, InstructionClass


class Cause(IntEnum):
    """Where a cycle of the core went: the columns of a block's cycles."""

    ISSUE = 0  # instructions being issued; transfers of multiple loads and stores
    LOAD_USE = 1  # waiting for a load, or for the registers of an address
    BRANCH = 2  # refilling the pipeline after a taken branch
    MULTIPLY_DIVIDE = 3  # further cycles of multiplies and divides, and waiting for them
    FPU = 4  # further cycles of the FPU, and waiting for it


@dataclass(frozen=True, slots=True)
class Operation:
    """An instruction with its core's costs worked in; cycles are counted from its issue."""

    instruction: Instruction
    needs: tuple[tuple[int, int], ...]  # (register, cycles after it is ready) before which this cannot issue;
    # REGISTER_COUNT more than its number stands for the register as a factor of a multiply
    results: tuple[int, ...]
    result_cycles: int  # after issue
    result_cause: Cause
    early_alu: bool  # as the older of a group, with operands there a cycle early, its result comes a cycle earlier
    factor_cycles: int  # more before a multiply can have it as a factor
    extra_cycles: int  # of issue, beyond the first
    extra_cause: Cause
    writeback: int
    writeback_cycles: int
    load_cycles: int
    hides_load: bool
    is_load: bool
    following_load_cycles: int
    uses_fpu: bool
    fpu_busy_cycles: int
    shadow_cycles: int
    shadowed: bool
    units: tuple[str, ...]
    first_slot_only: bool
    single_issue: bool
    opens_group: bool  # another one may join it
    refill_cycles: int  # until the target issues, when it is a branch and taken
    unknown: bool


def _result_cause(kind: InstructionClass) -> Cause:
    if kind in MULTIPLIES_AND_DIVIDES:
        return Cause.MULTIPLY_DIVIDE
    if kind in FP_ARITHMETIC:
        return Cause.FPU
    return Cause.LOAD_USE  # a load's data, or a register that an address needs early


def _refill_cycles(branch: BranchCost, instruction: Instruction) -> int:
    """Cycles from a branch that is taken to the issue of its target, which does not lie across a word boundary."""
    if instruction.kind is InstructionClass.TABLE_BRANCH:
        return branch.table_refill_cycles
    if instruction.kind is InstructionClass.BRANCH_REGISTER:
        return branch.register_refill_cycles
    if instruction.writes_pc:
        return branch.load_refill_cycles
    return branch.call_refill_cycles if instruction.kind is InstructionClass.CALL else branch.direct_refill_cycles


def _is_younger(pairing: NarrowPairing, instruction: Instruction, kind: InstructionClass) -> bool:
    """Whether an instruction is one of those that make a pair of 16-bit instructions."""
    if kind in pairing.younger:
        return True
    constant = instruction.simple and len(instruction.sources) <= 1 and SP not in instruction.sources
    return pairing.immediates and constant and kind is InstructionClass.ALU


def prepare(core: CoreModel, instruction: Instruction) -> Operation:
    """The instruction's cost on a core; one that the core's table lacks is priced as unknown."""
    kind = instruction.kind if instruction.kind in core.costs else InstructionClass.UNKNOWN
    cost = core.costs[kind]
    occupied = cost.cycles
    if cost.words_per_cycle:
        occupied += -(-instruction.transfers // cost.words_per_cycle)
    if instruction.sets_flags:
        occupied += cost.flags_cycles
    timing, hidden = core.operands, cost.overlapped_load_cycles
    if instruction.writes_pc or (instruction.writeback >= 0 and not timing.base_update_overlaps):
        hidden = 0
    fp = kind in FP_ARITHMETIC
    pairing = core.narrow_pairing
    younger = pairing is not None and _is_younger(pairing, instruction, kind)
    single = cost.single_issue or (pairing is not None and instruction.size_bytes != 2)
    late = timing.store_data_late_cycles
    if kind in FP_STORES:
        late = timing.fp_store_data_late_cycles
    elif instruction.kind not in LOADS and not instruction.address:
        late = timing.fp_accumulator_late_cycles if fp else timing.accumulator_late_cycles
    cause = _result_cause(kind)
    factor = REGISTER_COUNT if kind in MULTIPLIES_AND_DIVIDES else 0
    return Operation(
        instruction=instruction,
        needs=tuple(
            [(register + factor, 0) for register in instruction.sources]
            + [(register, timing.address_early_cycles) for register in instruction.address]
            + [(register, timing.shifted_early_cycles) for register in instruction.shifted]
            + [(register, -late) for register in instruction.late]
        ),
        results=instruction.results,
        result_cycles=max(1, occupied - hidden) - 1 + cost.latency,
        result_cause=cause,
        early_alu=timing.early_alu and instruction.simple,
        factor_cycles=cost.factor_cycles,
        extra_cycles=max(1, occupied - hidden) - 1,
        extra_cause=Cause.ISSUE if cause is Cause.LOAD_USE else cause,
        writeback=instruction.writeback,
        writeback_cycles=max(1, occupied - hidden) - (timing.address_early_cycles if timing.updated_base_early else 0),
        load_cycles=hidden,
        hides_load=cost.overlaps_previous_load,
        is_load=kind in LOADS,
        following_load_cycles=cost.following_load_cycles,
        uses_fpu=fp,
        fpu_busy_cycles=cost.fpu_busy_cycles,
        shadow_cycles=cost.shadow_cycles,
        shadowed=cost.shadowed,
        units=() if younger else cost.units,
        first_slot_only=cost.first_slot_only or (pairing is not None and not (younger or pairing.either_slot)),
        single_issue=single,
        opens_group=not single and (pairing is None or pairing.either_slot or not younger),
        refill_cycles=_refill_cycles(core.branch, instruction),
        unknown=kind is InstructionClass.UNKNOWN,
    )
