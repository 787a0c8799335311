"""PRELU with broadcasting: portable kernels, int8, int16 (its alphas int8) and float32."""

from __future__ import annotations

from collections.abc import Callable

from profiler.codegen.fixed_point import INTEGER_LIMITS, quantize_multiplier
from profiler.codegen.lowering.pairs import lowered_pair, pair_quantizations, pair_reasons
from profiler.codegen.lowering.requirements import first_reason
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator


def why_not(dtype: DataType, alpha: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why the kernel for inputs and alphas of these types cannot run an operator, or None."""
    return lambda graph, operator: first_reason(pair_reasons(graph, operator, dtype, alpha))


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Values below 0 become products on the product of both scales, the others are requantized."""
    source, alpha, output = pair_quantizations(graph, operator)
    multiplier, shift = quantize_multiplier(source.scales[0] / output.scales[0])
    below, shift_below = quantize_multiplier(source.scales[0] * alpha.scales[0] / output.scales[0])
    low, high = INTEGER_LIMITS[graph.output_tensor(operator).dtype]
    values = {
        "kZeroPointA": source.zero_points[0],
        "kZeroPointB": alpha.zero_points[0],
        "kMultiplier": multiplier,
        "kShift": shift,
        "kMultiplierBelow": below,
        "kShiftBelow": shift_below,
        "kOutputZeroPoint": output.zero_points[0],
        "kOutputMin": low,
        "kOutputMax": high,
    }
    arithmetic = int32_constants(values)
    return lowered_pair(graph, operator, arithmetic)


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """The walk alone."""
    return lowered_pair(graph, operator, ())


KERNELS = (
    portable("PRELU", DataType.INT8, why_not(DataType.INT8, DataType.INT8), lower_quantized),
    portable("PRELU", DataType.INT16, why_not(DataType.INT16, DataType.INT8), lower_quantized),
    portable("PRELU", DataType.FLOAT32, why_not(DataType.FLOAT32, DataType.FLOAT32), lower_f32),
)
