"""MUL with broadcasting: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profiler.codegen.fixed_point import activation_range, quantize_multiplier
from profiler.codegen.lowering.pairs import (
    arithmetic_reasons,
    fused_activation,
    lowered_pair,
    pair_quantizations,
)
from profiler.codegen.lowering.products_f32 import clamp_constants
from profiler.codegen.lowering.requirements import first_reason
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator

_LONGEST_LEFT_SHIFT = {DataType.INT8: 15, DataType.INT16: 0}  # beyond it the shifted product overflows


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why the kernel for this type cannot run an operator, or None."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from arithmetic_reasons(graph, operator, dtype)
    if dtype is not DataType.FLOAT32 and _multiplier(graph, operator)[1] > _LONGEST_LEFT_SHIFT[dtype]:
        yield "the output's scale is too small for these inputs"


def _multiplier(graph: Graph, operator: Operator) -> tuple[int, int]:
    a, b, output = pair_quantizations(graph, operator)
    return quantize_multiplier(a.scales[0] * b.scales[0] / output.scales[0])


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Products on the product of the inputs' scales, brought to the output's."""
    a, b, output = pair_quantizations(graph, operator)
    multiplier, shift = _multiplier(graph, operator)
    dtype = graph.output_tensor(operator).dtype
    low, high = activation_range(dtype, fused_activation(operator), output.scales[0], output.zero_points[0])
    values = {
        "kZeroPointA": a.zero_points[0],
        "kZeroPointB": b.zero_points[0],
        "kMultiplier": multiplier,
        "kShift": shift,
        "kOutputZeroPoint": output.zero_points[0],
        "kOutputMin": low,
        "kOutputMax": high,
    }
    arithmetic = int32_constants(values)
    return lowered_pair(graph, operator, arithmetic)


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Plain products, clamped."""
    return lowered_pair(graph, operator, clamp_constants(fused_activation(operator)))


KERNELS = (
    portable("MUL", DataType.INT8, why_not(DataType.INT8), lower_quantized),
    portable("MUL", DataType.INT16, why_not(DataType.INT16), lower_quantized),
    portable("MUL", DataType.FLOAT32, why_not(DataType.FLOAT32), lower_f32),
)
