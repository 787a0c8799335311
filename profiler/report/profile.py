"""The Profile: what is saved, served and compared. Everything a report shows is read from here and nowhere else.

Every figure carries its basis; a figure that could not be had is an `Unavailable` with the reason, never 0.
Bytes, cycles and instructions are integers; shares are fractions of 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from profiler.boards.model import MemoryKind
from profiler.build.model import Category
from profiler.report.counted import CountedRun
from profiler.report.figure import Figure, Unavailable
from profiler.report.memory_model import MemoryProfile
from profiler.report.targets import TargetMeasurement
from profiler.timing.model import Basis

if TYPE_CHECKING:
    import pandas

SCHEMA_VERSION = 1
"""Raised with every change that a reader of saved profiles could notice."""

__all__ = ["SCHEMA_VERSION", "Basis", "Category", "Figure", "MemoryKind", "Profile", "Unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorInfo:
    """A tensor at the edge of the model or of a layer. `scale` and `zero_point` only when quantized per tensor."""

    index: int
    name: str  # as the model file has it: untrusted text
    shape: tuple[int, ...]
    dtype: str
    size_bytes: int
    scale: float | None = None
    zero_point: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What was profiled. `name` and the tensors' names come from outside: untrusted text."""

    name: str
    sha256: str
    size_bytes: int
    operators: int
    macs: Figure
    dtype: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardInfo:
    """Where it ran."""

    name: str
    title: str
    soc: str
    core: str
    clock_hz: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileOptions:
    """What the user chose. `kernels` is the variant asked for (`auto`, `ref`, `dsp`)."""

    optimization: str
    kernels: str
    planner: str
    seed: int
    memory_config: str = ""  # how the user switched the modelled memory system; empty: as the board file has it


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCauses:
    """Where cycles went; the sum is the cycles' value."""

    issue: int
    load_use: int
    branch: int
    multiply_divide: int
    fpu: int
    fetch_wait: int
    data_wait: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingModel:
    """The cycle model behind the figures and what is known of its error."""

    core: str
    error_fraction: float
    error_source: str
    validated: bool  # False: never checked against silicon for this core


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Cost in time of a layer, or of the code between the layers."""

    instructions: Figure | Unavailable
    cycles: Figure | Unavailable
    latency_ms: Figure | Unavailable
    causes: CycleCauses | Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerProfile:
    """One layer. `arena_offset_bytes` is where its (first) output lies; None when the output is not in the arena."""

    index: int
    kind: str
    name: str  # of its first output tensor: untrusted text
    function: str
    kernel: str
    variant: str
    dtype: str
    inputs: tuple[TensorInfo, ...]  # constants (weights, bias) left out
    outputs: tuple[TensorInfo, ...]
    macs: Figure
    time: Time
    cycles_per_mac: Figure | Unavailable
    weights_bytes: Figure
    code_bytes: Figure
    scratch_bytes: Figure
    output_bytes: int
    arena_offset_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaBuffer:
    """One rectangle of the arena over time: bytes `offset…offset+size`, operators `first…last`, both inclusive."""

    role: str  # input, output, intermediate, scratch
    tensor_indices: tuple[int, ...]
    name: str  # untrusted text; empty for scratch
    offset_bytes: int
    size_bytes: int
    first_operator: int
    last_operator: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArenaProfile:
    """The memory plan as built."""

    planner: str
    arena_bytes: int
    lower_bound_bytes: int
    alignment_bytes: int
    buffers: tuple[ArenaBuffer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The first thing a user reads."""

    cycles: Figure | Unavailable
    latency_ms: Figure | Unavailable
    instructions: Figure | Unavailable
    cycles_per_mac: Figure | Unavailable
    ram_bytes: Figure
    ram_available_bytes: int
    flash_bytes: Figure
    flash_available_bytes: int
    fits: bool
    arena_bytes: Figure
    arena_lower_bound_bytes: Figure
    stack_high_water_bytes: Figure | Unavailable
    stack_reserved_bytes: Figure | Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Roofline:
    """The core's ceilings: multiply-accumulates a cycle, and bytes a load can bring in a cycle."""

    peak_macs_per_cycle: Figure | Unavailable
    load_bytes_per_cycle: Figure | Unavailable
    flash_bytes_per_cycle: Figure | Unavailable  # reads that no cache or buffer serves
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Correctness:
    """The target's outputs against a reference interpreter on the same inputs.

    `largest_difference` is in units of the last place of the quantized output, or relative for float outputs, as
    `difference_unit` ("LSB", "relative") says; unavailable when an output is not a finite number.
    """

    reference: str
    input_sets: int
    bit_equal_share: Figure  # of all output elements
    largest_difference: Figure | Unavailable
    difference_unit: str
    agrees: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What it takes to get the same figures again."""

    profiler_version: str
    created: str  # ISO 8601, UTC; given by the caller
    host: str
    toolchain: str
    flags: tuple[str, ...]
    runner: str
    build_digest: str
    board_digest: str
    model_sha256: str
    stage_seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One model on one board. `between_layers` is the time of the calls from layer to layer.

    `targets`: runs of the same ELF on boards; None when there were none.
    `counted`: runs in other emulators, which count but have no timing; None when only the embedded one ran it.
    """

    schema_version: int = SCHEMA_VERSION
    model: ModelInfo
    board: BoardInfo
    options: ProfileOptions
    summary: Summary
    timing_model: TimingModel | Unavailable
    layers: tuple[LayerProfile, ...]
    between_layers: Time
    memory: MemoryProfile
    arena: ArenaProfile
    roofline: Roofline
    correctness: Correctness | Unavailable
    warnings: tuple[str, ...]
    provenance: Provenance
    targets: tuple[TargetMeasurement, ...] | None = None
    counted: tuple[CountedRun, ...] | None = None

    def to_pandas(self) -> pandas.DataFrame:
        """One row a layer; columns as in the CSV report, an unavailable figure is NA."""
        from profiler.report.layer_table import layers_dataframe

        return layers_dataframe(self)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from profiler.report.renderers.notebook import render

        return render(self)
