"""MEAN over any constant axes: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import prod

from profiler.codegen.fixed_point import quantize_multiplier
from profiler.codegen.lowering.accumulation import int32_values, quantization
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    quantized_per_tensor,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator, Tensor

_GROUPS = ("kKept0", "kSummed0", "kKept1", "kSummed1", "kKept2")


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why the int8 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT8))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why the int16 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT16))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why the float32 kernel cannot run this operator, or None."""
    return first_reason(_reasons(graph, operator, DataType.FLOAT32))


def summed_axes(graph: Graph, operator: Operator) -> frozenset[int]:
    """The axes a mean runs over, none negative. Raises IndexError for an axis that the input does not have."""
    source, axes = required_input(graph, operator, 0), required_input(graph, operator, 1)
    dimensions = range(len(source.shape))
    return frozenset(dimensions[axis] for axis in int32_values(axes, 0).tolist())


def groups_of(shape: tuple[int, ...], axes: frozenset[int]) -> tuple[int, ...] | None:
    """Sizes of (kept, summed, kept, summed, kept) after merging neighbours; None when there are more groups."""
    runs = [
        (summed, prod(shape[axis] for axis in run)) for summed, run in groupby(range(len(shape)), axes.__contains__)
    ]
    if runs and runs[0][0]:
        runs.insert(0, (False, 1))
    sizes = [size for _, size in runs]
    return (*sizes, *[1] * (len(_GROUPS) - len(sizes))) if len(sizes) <= len(_GROUPS) else None


def _reasons_quantized(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, dtype)
    yield quantized_per_tensor(required_input(graph, operator, 0), graph.output_tensor(operator))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield tensors_typed(graph, operator, (dtype, DataType.INT32), dtype)
    yield constant(graph, operator, 1)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    rank = len(source.shape)
    if any(not -rank <= axis < rank for axis in int32_values(required_input(graph, operator, 1), 0).tolist()):
        yield f"an axis is not one of the input's {rank} dimensions"
    if not source.elements:
        yield "input is empty"
    axes = summed_axes(graph, operator)
    if groups_of(source.shape, axes) is None:
        yield f"axes {sorted(axes)} of {source.shape} are too scattered"
    if output.elements != source.elements // _count(source, axes):
        yield f"output has {output.elements} values, must have {source.elements // _count(source, axes)}"


def _count(source: Tensor, axes: frozenset[int]) -> int:
    return prod(source.shape[axis] for axis in axes)


def _group_constants(graph: Graph, operator: Operator) -> tuple[Constant, ...]:
    groups = groups_of(required_input(graph, operator, 0).shape, summed_axes(graph, operator)) or ()
    return int32_constants(dict(zip(_GROUPS, groups, strict=True)))


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """The division is part of the multiplier, as in TFLite's `QuantizedMeanOrSum`."""
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    count = _count(source, summed_axes(graph, operator))
    source_q, output_q = quantization(source), quantization(output)
    multiplier, shift = quantize_multiplier(source_q.scales[0] / output_q.scales[0])
    extra_bits = min(count.bit_length() - 1, 32, 31 + shift)
    values = {
        "kZeroPointSum": source_q.zero_points[0] * count,
        "kMultiplier": (multiplier << extra_bits) // count,
        "kShift": shift - extra_bits,
        "kOutputZeroPoint": output_q.zero_points[0],
    }
    arithmetic = int32_constants(values)
    return Lowered(constants=(*_group_constants(graph, operator), *arithmetic), arguments=("input:0", "output:0"))


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Plain sums and one division each."""
    count = _count(required_input(graph, operator, 0), summed_axes(graph, operator))
    return Lowered(
        constants=(*_group_constants(graph, operator), Constant(c_type="int32_t", name="kCount", value=count)),
        arguments=("input:0", "output:0"),
    )


KERNELS = (
    portable("MEAN", DataType.INT8, why_not_s8, lower_quantized),
    portable("MEAN", DataType.INT16, why_not_s16, lower_quantized),
    portable("MEAN", DataType.FLOAT32, why_not_f32, lower_f32),
)
