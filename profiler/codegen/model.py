"""What code generation takes and gives: kernels as rows, an operator lowered to one, a source tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from profiler.boards.model import CoreFeature
from profiler.graph.model import Graph, Operator
from profiler.plan.model import OperatorNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """One `static constexpr` member of a layer's parameter struct, an array when it has several values. C type names:
    int32_t, float, bool."""

    c_type: str
    name: str  # kInputHeight
    value: int | float | bool | tuple[int, ...]


def int32_constants(values: Mapping[str, int | tuple[int, ...]]) -> tuple[Constant, ...]:
    """Integers, or arrays of them, by name, in that order."""
    return tuple(Constant(c_type="int32_t", name=name, value=value) for name, value in values.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Read-only data of a layer (packed weights, biases, multipliers), already in the order the inner loop reads.

    Emitted by the assembler from a binary file, so that other values never recompile the layer's code.
    """

    name: str  # "weights", "bias", "multipliers", "shifts", "lut"
    c_type: str  # element type as C++ sees it
    data: bytes  # little-endian
    alignment_bytes: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """One operator, ready to be written as a call `function<P>(arguments…)`.

    An argument is "input:0" / "output:0" (arena or constant tensor by position), "blob:weights" or "scratch".
    """

    constants: tuple[Constant, ...]
    arguments: tuple[str, ...]
    blobs: tuple[Blob, ...] = ()
    needs: OperatorNeeds = field(default_factory=OperatorNeeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """One row of the kernel table: the only place a kernel is made known.

    `why_not` gives the reason this kernel cannot run an operator, or None when it can.
    """

    name: str  # the C++ function template: conv_2d_s8_dsp
    kind: str  # operator kind: CONV_2D
    dtype: str  # of the values the operator works on, mostly its first input: int8, float32
    variant: str  # ref, dsp
    header: str  # below firmware_harness: kernels/conv_2d/conv_2d_s8_dsp.h
    requires: frozenset[CoreFeature]
    why_not: Callable[[Graph, Operator], str | None]
    lower: Callable[[Graph, Operator], Lowered]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """An operator with its chosen kernel and its lowering."""

    operator: Operator
    kernel: Kernel
    lowered: Lowered

    @property
    def function_name(self) -> str:
        return f"layer_{self.operator.index:02d}_{self.operator.kind.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTree:
    """Generated files, path (relative, forward slashes) → bytes; `digest` is the SHA-256 of all of them."""

    files: Mapping[str, bytes]
    digest: str
