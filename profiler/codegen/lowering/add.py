"""ADD and SUB with broadcasting: portable kernels, int8, int16 and float32."""

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
from profiler.graph.model import DataType, Graph, Operator, Quantization

_LEFT_SHIFT = {DataType.INT8: 20, DataType.INT16: 15}  # TFLite's headroom for the sum of two


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why the kernel for this type cannot run an operator, or None."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from arithmetic_reasons(graph, operator, dtype)
    if (
        dtype is not DataType.FLOAT32
        and _output_multiplier(*pair_quantizations(graph, operator), _LEFT_SHIFT[dtype]) >= 1.0
    ):
        yield "the output's scale is too small for these inputs"


def _output_multiplier(a: Quantization, b: Quantization, output: Quantization, left_shift: int) -> float:
    return 2 * max(a.scales[0], b.scales[0]) / ((1 << left_shift) * output.scales[0])


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Both inputs are brought to twice the larger of their scales, added or subtracted, and brought to the output's."""
    a, b, output = pair_quantizations(graph, operator)
    common_scale = 2 * max(a.scales[0], b.scales[0])
    multiplier_a, shift_a = quantize_multiplier(a.scales[0] / common_scale)
    multiplier_b, shift_b = quantize_multiplier(b.scales[0] / common_scale)
    dtype = graph.output_tensor(operator).dtype
    multiplier, shift = quantize_multiplier(_output_multiplier(a, b, output, _LEFT_SHIFT[dtype]))
    low, high = activation_range(dtype, fused_activation(operator), output.scales[0], output.zero_points[0])
    values = {
        "kLeftShift": _LEFT_SHIFT[dtype],
        "kZeroPointA": a.zero_points[0],
        "kMultiplierA": multiplier_a,
        "kShiftA": shift_a,
        "kZeroPointB": b.zero_points[0],
        "kMultiplierB": multiplier_b,
        "kShiftB": shift_b,
        "kOutputMultiplier": multiplier,
        "kOutputShift": shift,
        "kOutputZeroPoint": output.zero_points[0],
        "kOutputMin": low,
        "kOutputMax": high,
    }
    arithmetic = int32_constants(values)
    return lowered_pair(graph, operator, arithmetic)


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Plain sums or differences, clamped."""
    return lowered_pair(graph, operator, clamp_constants(fused_activation(operator)))


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in ("ADD", "SUB")
    for dtype, lower in (
        (DataType.INT8, lower_quantized),
        (DataType.INT16, lower_quantized),
        (DataType.FLOAT32, lower_f32),
    )
)
