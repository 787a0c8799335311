"""Cycles of one basic block on one core: an in-order pipeline that issues one or two instructions a cycle.

Cycles are counted as if memory answered at once; `memory.py` adds what waiting for memory costs. The result depends
on the block's bytes and on what the preceding block left unfinished, so it is computed once for each such pair.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from profiler.timing.core_model import BranchCost, CoreModel, load_core_model
from profiler.timing.disassemble import REGISTER_COUNT, Instruction, decode, encoding_size_bytes
from profiler.timing.instruction_class import InstructionClass
from profiler.timing.operation import Cause, Operation, prepare

__all__ = ["CLEAN", "BlockTimer", "BlockTiming", "Cause", "PipelineState", "block_timer", "refill_cycles"]


@dataclass(frozen=True, slots=True)
class PipelineState:
    """What a block leaves to the next one, in cycles after its end."""

    load_cycles: int = 0  # trailing cycles of a load that the next instruction may hide
    load_results: tuple[int, ...] = ()
    pending: tuple[tuple[int, int, Cause], ...] = ()  # (register or factor, cycles until ready, cause)
    fpu_cycles: int = 0
    shadow_cycles: int = 0  # in which no instruction that is `shadowed` issues
    following_load_cycles: int = 0  # more for a load that is the next instruction
    split_run: int = 0  # 32-bit instructions across a word boundary, just before, without another one in between
    slots_free: int = 0  # of the last group, which the next instruction may join
    units_free: tuple[tuple[str, int], ...] = ()

    def after_refill(self, cycles: int) -> PipelineState:
        """The state after a taken branch, `cycles` later: results have arrived, fetching starts anew."""
        if self == CLEAN:
            return self
        pending = tuple((register, at - cycles, cause) for register, at, cause in self.pending)
        return PipelineState(
            max(0, self.load_cycles - cycles),
            self.load_results,
            tuple(entry for entry in pending if entry[1] >= 0),
            max(0, self.fpu_cycles - cycles),
            max(0, self.shadow_cycles - cycles),
        )


CLEAN = PipelineState()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTiming:
    """Cycles of one execution of a block, by cause (indexed by `Cause`), without the way into it."""

    cycles: tuple[int, int, int, int, int]
    exit_state: PipelineState
    last: Instruction
    taken_cycles: int  # more when the last instruction is a branch and taken: it waits for flags
    unknown_instructions: int


class _Pipeline:
    """Issues operations in order and keeps count of the cycles, by cause."""

    def __init__(self, core: CoreModel, entry: PipelineState, offset_bytes: int) -> None:
        self.core = core
        self.offset_bytes = offset_bytes  # of the next instruction from a word boundary
        self.split_run = entry.split_run
        self.cycles = [0, 0, 0, 0, 0]
        self.clock = 0  # first cycle in which a new group of instructions may issue
        self.ready = [-8] * (2 * REGISTER_COUNT)  # the second half: as a factor of a multiply
        self.cause = [Cause.LOAD_USE] * (2 * REGISTER_COUNT)
        for register, at, cause in entry.pending:
            self.ready[register], self.cause[register] = at, cause
        self.load_cycles, self.load_results = entry.load_cycles, entry.load_results
        self.fpu_free = entry.fpu_cycles
        self.shadow_end = entry.shadow_cycles
        self.following_load_cycles = entry.following_load_cycles
        self.slots_free = entry.slots_free  # of the group that issued in cycle clock - 1
        self.units_free = dict(entry.units_free)

    def issue(self, operation: Operation) -> None:
        """Issue the next operation at the earliest cycle its operands and units allow."""
        cycles = self.cycles
        self._fetch(operation.instruction.size_bytes)
        if self.load_cycles:
            if not (operation.hides_load and self.load_results_unused(operation)):
                self.clock += self.load_cycles
                cycles[Cause.LOAD_USE] += self.load_cycles
            self.load_cycles = 0
        if operation.is_load and self.following_load_cycles:
            self.clock += self.following_load_cycles
            cycles[Cause.LOAD_USE] += self.following_load_cycles
        self.following_load_cycles = operation.following_load_cycles
        start = self.clock
        joins = self.slots_free > 0 and self._fits(operation)
        at, cause = (start - 1, Cause.ISSUE) if joins else (start, Cause.ISSUE)
        ready = self.ready
        for register, offset in operation.needs:
            if ready[register] + offset > at:
                at, cause = ready[register] + offset, self.cause[register]
        if operation.uses_fpu and self.fpu_free > at:
            at, cause = self.fpu_free, Cause.FPU
        if operation.shadowed and self.shadow_end > at:
            at, cause = self.shadow_end, Cause.FPU
        early = False
        if at >= start:
            cycles[cause] += at - start
            cycles[Cause.ISSUE] += 1
            self._open_group(operation)
            early = operation.early_alu and all(ready[register] < at for register, _ in operation.needs)
        else:
            self._take_units(operation)
            at = start - 1
        extra = operation.extra_cycles
        cycles[operation.extra_cause] += extra
        self.clock = at + 1 + extra
        if extra and self.core.narrow_pairing is None:
            self.slots_free = 0
        self._write_results(operation, at - early)

    def _fetch(self, size_bytes: int) -> None:
        fetch = self.core.fetch
        self.split_run = self.split_run + 1 if size_bytes == 4 and self.offset_bytes % 4 else 0
        self.offset_bytes += size_bytes
        if self.split_run == fetch.split_run_length:
            self.clock += fetch.split_run_cycles
            self.cycles[Cause.ISSUE] += fetch.split_run_cycles

    def load_results_unused(self, operation: Operation) -> bool:
        """Whether the load just before computes neither this operation's address nor, for a store, its data."""
        instruction = operation.instruction
        return not any(register in self.load_results for register in (*instruction.address, *instruction.late))

    def _write_results(self, operation: Operation, at: int) -> None:
        for register in operation.results:
            ready, factor = at + operation.result_cycles, register + REGISTER_COUNT
            self.ready[register], self.ready[factor] = ready, ready + operation.factor_cycles
            self.cause[register] = self.cause[factor] = operation.result_cause
        if operation.writeback >= 0:
            for register in (operation.writeback, operation.writeback + REGISTER_COUNT):
                self.ready[register] = at + operation.writeback_cycles
                self.cause[register] = Cause.LOAD_USE
        if operation.load_cycles:
            self.load_cycles, self.load_results = operation.load_cycles, operation.results
        if operation.fpu_busy_cycles:
            self.fpu_free = at + operation.fpu_busy_cycles
        if operation.shadow_cycles:
            self.shadow_end = at + 1 + operation.shadow_cycles

    def _fits(self, operation: Operation) -> bool:
        if operation.single_issue or operation.first_slot_only:
            return False
        return all(self.units_free[unit] >= operation.units.count(unit) for unit in operation.units)

    def _open_group(self, operation: Operation) -> None:
        self.slots_free = self.core.issue_width - 1 if operation.opens_group else 0
        if self.slots_free:
            self.units_free = dict(self.core.unit_count)
            self._count_units(operation)

    def _take_units(self, operation: Operation) -> None:
        self.slots_free -= 1
        self._count_units(operation)

    def _count_units(self, operation: Operation) -> None:
        for unit in operation.units:
            self.units_free[unit] -= 1

    def state(self) -> PipelineState:
        """What is unfinished now."""
        # Operands needed a cycle early see results ready now; with a slot left, those of the cycle before too.
        horizon = self.clock - (2 if self.slots_free else 1)
        pending = tuple(
            (register, at - self.clock, self.cause[register]) for register, at in enumerate(self.ready) if at > horizon
        )
        load_results = self.load_results if self.load_cycles else ()
        run = min(self.split_run, self.core.fetch.split_run_length)
        free = -1 if self.slots_free else 0
        fpu_cycles, shadow_cycles = (max(free, at - self.clock) for at in (self.fpu_free, self.shadow_end))
        return PipelineState(
            self.load_cycles,
            load_results,
            pending,
            fpu_cycles,
            shadow_cycles,
            self.following_load_cycles,
            run,
            self.slots_free,
            tuple(self.units_free.items()) if self.slots_free else (),
        )


class BlockTimer:
    """Times blocks on one core; remembers what it has timed, by content and entry state."""

    def __init__(self, core: CoreModel) -> None:
        self.core = core
        self._operations: dict[bytes, Operation] = {}
        self.time = functools.lru_cache(maxsize=1 << 18)(self._time)

    def _time(self, code: bytes, entry: PipelineState = CLEAN, offset_bytes: int = 0) -> BlockTiming:
        """Cycles of the block whose machine code is `code`, `offset_bytes` (0 or 2) from a word boundary.

        Raises ValueError for less than one instruction.
        """
        pipeline = _Pipeline(self.core, entry, offset_bytes)
        operations = self.operations(code)
        for operation in operations:
            pipeline.issue(operation)
        issue, load_use, branch, multiply_divide, fpu = pipeline.cycles
        return BlockTiming(
            cycles=(issue, load_use, branch, multiply_divide, fpu),
            exit_state=pipeline.state(),
            last=operations[-1].instruction,
            taken_cycles=self._taken_cycles(operations),
            unknown_instructions=sum(operation.unknown for operation in operations),
        )

    def _taken_cycles(self, operations: list[Operation]) -> int:
        """Cycles more if the block's last instruction is a branch that is taken."""
        if len(operations) < 2:
            return 0
        flags, branch = operations[-2].instruction, operations[-1].instruction
        pair = flags.size_bytes == branch.size_bytes == 2
        return self.core.branch.flags_cycles if flags.sets_flags and (branch.conditional or pair) else 0

    def trace(
        self, code: bytes, entry: PipelineState = CLEAN, offset_bytes: int = 0
    ) -> tuple[tuple[Instruction, tuple[int, ...]], ...]:
        """Each instruction of a block with the cycles it adds, by cause; they sum to the block's cycles."""
        pipeline = _Pipeline(self.core, entry, offset_bytes)
        lines, before = [], [0] * len(Cause)
        for operation in self.operations(code):
            pipeline.issue(operation)
            after = list(pipeline.cycles)
            lines.append((operation.instruction, tuple(new - old for new, old in zip(after, before, strict=True))))
            before = after
        return tuple(lines)

    def operations(self, code: bytes) -> list[Operation]:
        """The block's instructions with this core's costs."""
        operations, offset = [], 0
        while offset + 2 <= len(code):
            encoding = code[offset : offset + encoding_size_bytes(code, offset)]
            offset += len(encoding)
            operation = self._operations.get(encoding)
            if operation is None:
                operation = self._operations[encoding] = prepare(self.core, decode(encoding))
            operations.append(operation)
        if not operations:
            raise ValueError("a block of less than one instruction")
        return operations


@functools.lru_cache(maxsize=16)
def block_timer(core: str) -> BlockTimer:
    """The timer of a core by name. Raises BoardError when it has no cost table."""
    return BlockTimer(load_core_model(core))


def refill_cycles(branch: BranchCost, last: Instruction, target_address: int, target_size_bytes: int) -> int:
    """Cycles from a taken branch, the instruction `last`, to the issue of its target."""
    if last.kind is InstructionClass.TABLE_BRANCH:
        cycles = branch.table_refill_cycles
    elif last.kind is InstructionClass.BRANCH_REGISTER:
        cycles = branch.register_refill_cycles
    elif last.writes_pc:
        cycles = branch.load_refill_cycles
    elif last.kind is InstructionClass.CALL:
        cycles = branch.call_refill_cycles
    else:
        cycles = branch.direct_refill_cycles
    if target_size_bytes == 4 and target_address % 4:
        cycles += branch.split_target_cycles
    return cycles
