"""ADD with broadcasting: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.fixed_point import activation_range, quantize_multiplier
from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.broadcast import Broadcast, broadcast_of
from profiler.codegen.lowering.products_f32 import clamp_constants
from profiler.codegen.lowering.requirements import (
    activation_known,
    first_reason,
    options_as,
    quantized_per_tensor,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator, Quantization
from profiler.graph.options import AddOptions
from profiler.plan.model import OperatorNeeds

_LEFT_SHIFT = {DataType.INT8: 20, DataType.INT16: 15}  # TFLite's headroom for the sum of two


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why the int8 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT8))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why the int16 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT16))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why the float32 kernel cannot run this operator, or None."""
    return first_reason(_reasons(graph, operator, DataType.FLOAT32))


def _reasons_quantized(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, dtype)
    a, b, output = _quantizations(graph, operator)
    yield quantized_per_tensor(
        required_input(graph, operator, 0), required_input(graph, operator, 1), graph.output_tensor(operator)
    )
    if _output_multiplier(a, b, output, _LEFT_SHIFT[dtype]) >= 1.0:
        yield "the output's scale is too small for these inputs"


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    options = operator.options
    if not isinstance(options, AddOptions):
        yield "has no ADD options"
        return
    yield tensors_typed(graph, operator, (dtype, dtype), dtype)
    yield activation_known(options.activation)
    found = _broadcast(graph, operator)
    yield found if isinstance(found, str) else None


def _broadcast(graph: Graph, operator: Operator) -> Broadcast | str:
    a, b = required_input(graph, operator, 0), required_input(graph, operator, 1)
    return broadcast_of(a.shape, b.shape, graph.output_tensor(operator).shape)


def _quantizations(graph: Graph, operator: Operator) -> tuple[Quantization, Quantization, Quantization]:
    a, b = required_input(graph, operator, 0), required_input(graph, operator, 1)
    return quantization(a), quantization(b), quantization(graph.output_tensor(operator))


def _output_multiplier(a: Quantization, b: Quantization, output: Quantization, left_shift: int) -> float:
    return 2 * max(a.scales[0], b.scales[0]) / ((1 << left_shift) * output.scales[0])


def _lowered(graph: Graph, operator: Operator, arithmetic: tuple[Constant, ...]) -> Lowered:
    walk = _broadcast(graph, operator)
    if isinstance(walk, str):
        raise TypeError(walk)
    elements = graph.output_tensor(operator).elements
    whole = tuple(p for p in (0, 1) if required_input(graph, operator, p).elements == elements)
    return Lowered(
        constants=(*walk.constants(), *arithmetic),
        arguments=("input:0", "input:1", "output:0"),
        needs=OperatorNeeds(in_place_inputs=whole),
    )


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Both inputs are brought to twice the larger of their scales, added, and brought to the output's."""
    a, b, output = _quantizations(graph, operator)
    common_scale = 2 * max(a.scales[0], b.scales[0])
    multiplier_a, shift_a = quantize_multiplier(a.scales[0] / common_scale)
    multiplier_b, shift_b = quantize_multiplier(b.scales[0] / common_scale)
    dtype = graph.output_tensor(operator).dtype
    multiplier, shift = quantize_multiplier(_output_multiplier(a, b, output, _LEFT_SHIFT[dtype]))
    activation = options_as(operator, AddOptions).activation
    low, high = activation_range(dtype, activation, output.scales[0], output.zero_points[0])
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
    arithmetic = tuple(Constant(c_type="int32_t", name=name, value=value) for name, value in values.items())
    return _lowered(graph, operator, arithmetic)


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Plain sums, clamped."""
    return _lowered(graph, operator, clamp_constants(options_as(operator, AddOptions).activation))


KERNELS = (
    portable("ADD", DataType.INT8, why_not_s8, lower_quantized),
    portable("ADD", DataType.INT16, why_not_s16, lower_quantized),
    portable("ADD", DataType.FLOAT32, why_not_f32, lower_f32),
)
