"""What a run yields, whoever ran it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from profiler.boards.model import Board
from profiler.build.model import Firmware

ZERO_OPERAND, SHORTER_DIVIDEND = -2, -1  # of DivideCount.extra_bits
DISPATCH = -1  # "layer" of everything in an inference that belongs to no layer: the calls between them


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCount:
    """Executions of the basic block that starts at `address`. Blocks may overlap (a jump into the middle)."""

    address: int
    size_bytes: int
    instructions: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeCount:
    """How often control went from the block at `from_address` to the one at `to_address`."""

    from_address: int
    to_address: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryCounts:
    """Accesses to one memory region. A fetch is one new line of the region's `line_bytes` entered by execution, a
    miss is one that neither cache nor line buffer served; `fetch_sequential_misses` are misses on the line right
    after the previous one (a prefetcher hides them)."""

    region: str
    fetches: int = 0
    fetch_misses: int = 0
    fetch_sequential_misses: int = 0
    reads: int = 0
    read_misses: int = 0
    read_sequential_misses: int = 0
    writes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MissCount:
    """Misses of one region at one instruction: of the fetch of the line it begins in or reaches into, of its reads.

    The sum over a layer's instructions is the region's MemoryCounts.
    """

    address: int
    region: str
    fetch_misses: int = 0
    fetch_sequential_misses: int = 0
    read_misses: int = 0
    read_sequential_misses: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnalignedCount:
    """Reads of one instruction that are not aligned: halfwords and words at odd addresses, words between."""

    address: int
    halfwords: int = 0
    words: int = 0
    odd_words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DivideCount:
    """Executions of one divide by how many bits its dividend is longer than its divisor, going by magnitudes.

    `extra_bits` is SHORTER_DIVIDEND when it is shorter, ZERO_OPERAND when either is zero.
    """

    address: int
    extra_bits: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerExecution:
    """Counts of one layer in one inference; `layer` is the operator index or DISPATCH.

    What single instructions did (`misses`, `unaligned`, `divides`) is empty where a runner cannot tell.
    """

    layer: int
    blocks: tuple[BlockCount, ...]
    edges: tuple[EdgeCount, ...]
    memory: tuple[MemoryCounts, ...]
    misses: tuple[MissCount, ...] = ()
    unaligned: tuple[UnalignedCount, ...] = ()
    divides: tuple[DivideCount, ...] = ()

    @property
    def instructions(self) -> int:
        return sum(block.count * block.instructions for block in self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionProfile:
    """Exact counts of one inference, layer by layer in execution order."""

    layers: tuple[LayerExecution, ...]

    @property
    def instructions(self) -> int:
        return sum(layer.instructions for layer in self.layers)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """`outputs[i][j]` is the raw bytes of graph output j for input set i; the profile is of the last input set."""

    runner: str  # "unicorn 2.1.3"
    outputs: tuple[tuple[bytes, ...], ...]
    profile: ExecutionProfile
    stack_high_water_bytes: int
    emulated_instructions: int  # everything executed, boot and protocol included
    wall_seconds: float
    transcript: str  # what the firmware said over its serial port
    registers: Mapping[int, int] = field(default_factory=dict)  # the board's memory controls in the end, where known


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLayer:
    """Cycles of one layer, by the core's own counter, once for each repetition."""

    layer: int
    cycles: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockCheck:
    """The core clock as the host's clock has it: the firmware's microseconds against host time."""

    believed_hz: int  # what the firmware was built for
    measured_hz: float
    uncertainty_hz: float  # from how long the two questions took

    @property
    def error_fraction(self) -> float:
        return self.measured_hz / self.believed_hz - 1

    @property
    def is_wrong(self) -> bool:
        """Further off than the measurement's uncertainty and 3 %, which no oscillator of a board is."""
        return abs(self.measured_hz - self.believed_hz) > self.uncertainty_hz + 0.03 * self.believed_hz


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredProfile:
    """What a board measures instead of counts. `cycles` is of whole inferences, `layers` of inferences in which the
    counter was also read around each layer; empty with `layers_unavailable` as the reason when the board could not."""

    cycles: tuple[int, ...]
    layers: tuple[MeasuredLayer, ...]
    layers_unavailable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRun:
    """What a run on a board yields; `outputs` as in RunResult."""

    runner: str  # "serial /dev/ttyACM0"
    outputs: tuple[tuple[bytes, ...], ...]
    profile: MeasuredProfile
    stack_high_water_bytes: int
    memory_bytes: Mapping[str, int]  # data, bss, arena, stack, free: RAM by use, as the firmware tells
    build_id: str
    core_id: int  # CPUID as the firmware reads it; 0 where it runs on the emulator
    clock: ClockCheck | None  # None when it was not asked for
    repeated_exchanges: int  # that the line had damaged
    wall_seconds: float
    transcript: str


class Runner(Protocol):
    """Runs a firmware on some target."""

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        """Feed each input set (raw bytes per graph input) over the firmware's serial protocol, infer, collect.

        Raises FirmwareFault, LimitExceeded or RunError, each with the function, source line and what to do.
        """
        ...
