"""Operators on one tensor, element by element: RELU, RELU6, QUANTIZE, DEQUANTIZE, RESHAPE,
SQUEEZE, EXPAND_DIMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from profiler.codegen.fixed_point import INTEGER_LIMITS, activation_range, quantize_multiplier
from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.requirements import (
    first_reason,
    quantized_per_tensor,
    required_input,
    same_size,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Activation
from profiler.plan.model import OperatorNeeds

_S8, _S16, _F32 = DataType.INT8, DataType.INT16, DataType.FLOAT32
_SAME_SCALE = (1 << 30, 1)  # what a multiplier of exactly 1 becomes


Reason = Callable[[Graph, Operator], str | None]


def why_not(source: DataType, output: DataType) -> Reason:
    """Tells why no kernel from `source` to `output` values can run an operator, or None."""
    if source is _F32 and output is _F32:
        return why_not_copy(_F32)
    return lambda graph, operator: first_reason(_quantized_reasons(graph, operator, source, output))


def why_not_copy(dtype: DataType) -> Reason:
    """Tells why values of `dtype` cannot simply be kept, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype, dtype))


def _reasons(graph: Graph, operator: Operator, source: DataType, output: DataType) -> Iterator[str | None]:
    yield tensors_typed(graph, operator, (source,), output)
    yield same_size(required_input(graph, operator, 0), graph.output_tensor(operator))


def _quantized_reasons(graph: Graph, operator: Operator, source: DataType, output: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, source, output)
    tensors = (required_input(graph, operator, 0), graph.output_tensor(operator))
    yield quantized_per_tensor(*(tensor for tensor in tensors if tensor.dtype is not _F32))


def _lowered(graph: Graph, operator: Operator, *constants: Constant, in_place: bool = True) -> Lowered:
    count = Constant(c_type="int32_t", name="kCount", value=graph.output_tensor(operator).elements)
    return Lowered(
        constants=(count, *constants),
        arguments=("input:0", "output:0"),
        needs=OperatorNeeds(in_place_inputs=(0,) if in_place else ()),
    )


def _integers(**values: int) -> tuple[Constant, ...]:
    return int32_constants(values)


def _rescaling(graph: Graph, operator: Operator, ratio: float, limits: tuple[int, int]) -> tuple[Constant, ...]:
    multiplier, shift = quantize_multiplier(ratio)
    return (
        *_integers(
            kInputZeroPoint=quantization(required_input(graph, operator, 0)).zero_points[0],
            kOutputZeroPoint=quantization(graph.output_tensor(operator)).zero_points[0],
            kOutputMin=limits[0],
            kOutputMax=limits[1],
            kMultiplier=multiplier,
            kShift=shift,
        ),
        Constant(c_type="bool", name="kSameScale", value=(multiplier, shift) == _SAME_SCALE),
    )


def lower_plain(graph: Graph, operator: Operator) -> Lowered:
    """RELU and RELU6 in float32, and the kinds of RESHAPE: nothing but the number of elements."""
    return _lowered(graph, operator)


def lower_relu(graph: Graph, operator: Operator) -> Lowered:
    """The ratio of the scales is taken in float64: its source writes a float32 division, but that is how tflite-micro
    computes (ratios near 2.5 tell the two apart)."""
    source, output = quantization(required_input(graph, operator, 0)), quantization(graph.output_tensor(operator))
    ratio = float(np.float32(source.scales[0])) / float(np.float32(output.scales[0]))
    low, high = INTEGER_LIMITS[graph.output_tensor(operator).dtype]
    return _lowered(graph, operator, *_rescaling(graph, operator, ratio, (max(low, output.zero_points[0]), high)))


def lower_relu6(graph: Graph, operator: Operator) -> Lowered:
    """TFLM clamps to 0 and 6 on the input's scale and rescales nothing."""
    source = required_input(graph, operator, 0)
    parameters = quantization(source)
    low, high = activation_range(source.dtype, Activation.RELU6, parameters.scales[0], parameters.zero_points[0])
    return _lowered(graph, operator, *_integers(kOutputMin=low, kOutputMax=high))


def lower_requantize(graph: Graph, operator: Operator) -> Lowered:
    """From one quantization to another; a larger output is never in place."""
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    ratio = quantization(source).scales[0] / quantization(output).scales[0]
    rescaling = _rescaling(graph, operator, ratio, INTEGER_LIMITS[output.dtype])
    return _lowered(graph, operator, *rescaling, in_place=output.dtype.item_bytes <= source.dtype.item_bytes)


def lower_quantize(graph: Graph, operator: Operator) -> Lowered:
    """From float32."""
    output = graph.output_tensor(operator)
    parameters, (low, high) = quantization(output), INTEGER_LIMITS[output.dtype]
    scale = Constant(c_type="float", name="kScale", value=parameters.scales[0])
    limits = _integers(kZeroPoint=parameters.zero_points[0], kOutputMin=low, kOutputMax=high)
    return _lowered(graph, operator, scale, *limits)


def lower_dequantize(graph: Graph, operator: Operator) -> Lowered:
    """To float32; the output is the larger one, so never in place."""
    source = quantization(required_input(graph, operator, 0))
    scale = Constant(c_type="float", name="kScale", value=source.scales[0])
    return _lowered(graph, operator, scale, *_integers(kZeroPoint=source.zero_points[0]), in_place=False)


KERNELS = (
    *(portable("RELU", dtype, why_not(dtype, dtype), lower_relu) for dtype in (_S8, _S16)),
    portable("RELU", _F32, why_not(_F32, _F32), lower_plain),
    *(portable("RELU6", dtype, why_not(dtype, dtype), lower_relu6) for dtype in (_S8, _S16)),
    portable("RELU6", _F32, why_not(_F32, _F32), lower_plain),
    *(portable("QUANTIZE", dtype, why_not(dtype, dtype), lower_requantize) for dtype in (_S8, _S16)),
    portable("QUANTIZE", _S8, why_not(_S8, _S16), lower_requantize, to=_S16),
    portable("QUANTIZE", _S16, why_not(_S16, _S8), lower_requantize, to=_S8),
    portable("QUANTIZE", _F32, why_not(_F32, _S8), lower_quantize),
    portable("QUANTIZE", _F32, why_not(_F32, _S16), lower_quantize, to=_S16),
    *(portable("DEQUANTIZE", dtype, why_not(dtype, _F32), lower_dequantize) for dtype in (_S8, _S16)),
    *(
        portable(kind, dtype, why_not_copy(dtype), lower_plain)
        for kind in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
        for dtype in (_S8, _S16, _F32)
    ),
)
