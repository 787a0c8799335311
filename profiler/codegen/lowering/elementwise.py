"""Operators on one tensor, element by element: RELU, RELU6, QUANTIZE, DEQUANTIZE, RESHAPE."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from profiler.codegen.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    activation_range_s8,
    quantize_multiplier,
)
from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.requirements import (
    first_reason,
    quantized_per_tensor,
    required_input,
    same_size,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Activation
from profiler.plan.model import OperatorNeeds

_S8, _F32 = DataType.INT8, DataType.FLOAT32
_SAME_SCALE = (1 << 30, 1)  # what a multiplier of exactly 1 becomes


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why no kernel from int8 to int8 can run this operator, or None."""
    return first_reason(_quantized_reasons(graph, operator, _S8, _S8))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why no kernel from float32 to float32 can run this operator, or None."""
    return first_reason(_reasons(graph, operator, _F32, _F32))


def why_not_s8_copy(graph: Graph, operator: Operator) -> str | None:
    """Why int8 values cannot simply be kept, or None; their quantization does not matter."""
    return first_reason(_reasons(graph, operator, _S8, _S8))


def why_not_f32_to_s8(graph: Graph, operator: Operator) -> str | None:
    """Why no kernel from float32 to int8 can run this operator, or None."""
    return first_reason(_quantized_reasons(graph, operator, _F32, _S8))


def why_not_s8_to_f32(graph: Graph, operator: Operator) -> str | None:
    """Why no kernel from int8 to float32 can run this operator, or None."""
    return first_reason(_quantized_reasons(graph, operator, _S8, _F32))


def _reasons(graph: Graph, operator: Operator, source: DataType, output: DataType) -> Iterator[str | None]:
    yield tensors_typed(graph, operator, (source,), output)
    yield same_size(required_input(graph, operator, 0), graph.output_tensor(operator))


def _quantized_reasons(graph: Graph, operator: Operator, source: DataType, output: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, source, output)
    tensors = (required_input(graph, operator, 0), graph.output_tensor(operator))
    yield quantized_per_tensor(*(tensor for tensor in tensors if tensor.dtype is _S8))


def _lowered(graph: Graph, operator: Operator, *constants: Constant, in_place: bool = True) -> Lowered:
    count = Constant(c_type="int32_t", name="kCount", value=graph.output_tensor(operator).elements)
    return Lowered(
        constants=(count, *constants),
        arguments=("input:0", "output:0"),
        needs=OperatorNeeds(in_place_inputs=(0,) if in_place else ()),
    )


def _integers(**values: int) -> tuple[Constant, ...]:
    return tuple(Constant(c_type="int32_t", name=name, value=value) for name, value in values.items())


def _rescaling(graph: Graph, operator: Operator, ratio: float) -> tuple[Constant, ...]:
    multiplier, shift = quantize_multiplier(ratio)
    return (
        *_integers(
            kInputZeroPoint=quantization(required_input(graph, operator, 0)).zero_points[0],
            kOutputZeroPoint=quantization(graph.output_tensor(operator)).zero_points[0],
            kMultiplier=multiplier,
            kShift=shift,
        ),
        Constant(c_type="bool", name="kSameScale", value=(multiplier, shift) == _SAME_SCALE),
    )


def lower_plain(graph: Graph, operator: Operator) -> Lowered:
    """RELU and RELU6 in float32, and RESHAPE: nothing but the number of elements."""
    return _lowered(graph, operator)


def lower_relu_s8(graph: Graph, operator: Operator) -> Lowered:
    """The ratio of the scales is taken in float64: its source writes a float32 division, but that is how tflite-micro
    computes (ratios near 2.5 tell the two apart)."""
    source, output = quantization(required_input(graph, operator, 0)), quantization(graph.output_tensor(operator))
    ratio = float(np.float32(source.scales[0])) / float(np.float32(output.scales[0]))
    clamps = _integers(kOutputMin=max(INT8_MIN, output.zero_points[0]), kOutputMax=INT8_MAX)
    return _lowered(graph, operator, *_rescaling(graph, operator, ratio), *clamps)


def lower_relu6_s8(graph: Graph, operator: Operator) -> Lowered:
    """TFLM clamps to 0 and 6 on the input's scale and rescales nothing."""
    source = quantization(required_input(graph, operator, 0))
    low, high = activation_range_s8(Activation.RELU6, source.scales[0], source.zero_points[0])
    return _lowered(graph, operator, *_integers(kOutputMin=low, kOutputMax=high))


def lower_quantize_s8(graph: Graph, operator: Operator) -> Lowered:
    """From one int8 quantization to another."""
    source, output = quantization(required_input(graph, operator, 0)), quantization(graph.output_tensor(operator))
    return _lowered(graph, operator, *_rescaling(graph, operator, source.scales[0] / output.scales[0]))


def lower_quantize_f32(graph: Graph, operator: Operator) -> Lowered:
    """From float32 to int8."""
    output = quantization(graph.output_tensor(operator))
    scale = Constant(c_type="float", name="kScale", value=output.scales[0])
    return _lowered(graph, operator, scale, *_integers(kZeroPoint=output.zero_points[0]))


def lower_dequantize_s8(graph: Graph, operator: Operator) -> Lowered:
    """From int8 to float32; the output is the larger one, so never in place."""
    source = quantization(required_input(graph, operator, 0))
    scale = Constant(c_type="float", name="kScale", value=source.scales[0])
    return _lowered(graph, operator, scale, *_integers(kZeroPoint=source.zero_points[0]), in_place=False)


KERNELS = (
    portable("RELU", _S8, why_not_s8, lower_relu_s8),
    portable("RELU", _F32, why_not_f32, lower_plain),
    portable("RELU6", _S8, why_not_s8, lower_relu6_s8),
    portable("RELU6", _F32, why_not_f32, lower_plain),
    portable("QUANTIZE", _S8, why_not_s8, lower_quantize_s8),
    portable("QUANTIZE", _F32, why_not_f32_to_s8, lower_quantize_f32),
    portable("DEQUANTIZE", _S8, why_not_s8_to_f32, lower_dequantize_s8),
    portable("RESHAPE", _S8, why_not_s8_copy, lower_plain),
    portable("RESHAPE", _F32, why_not_f32, lower_plain),
)
