"""Consistency of the operators without weights: pools, means, padding, reshaping, activations, conversions."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Pool2DOptions, ReduceOptions, SoftmaxOptions
from profiler.graph.rules import (
    CALIBRATE_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    activation_is_clamp,
    bound_expressible,
    fixed_output,
    like_input,
    of_rank,
    of_shape,
    of_type,
    quantized_per_tensor,
    required,
    rescales,
    same_quantization,
)
from profiler.graph.window import window_findings, window_output_size

_SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT = 1 / 256, -128
_SOFTMAX_SCALE_INT16, _SOFTMAX_SCALE_TOLERANCE = 1 / 32768, 0.001  # relative, as in TFLM
_SOFTMAX_GREATEST_FACTOR_INT16 = 2.0**14 * 10.0 / 65535.0  # beyond it the scaled difference of two inputs overflows
_SOFTMAX_LEAST_FACTOR = 2.0**-26  # beta × input scale at or below it has no fixed-point form (5 integer bits)
_INT16_MAX = 2**15 - 1
_PAD_RANK_LIMIT = 5
_SIX = 6.0


def pool_2d(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input and output NHWC with the same scale and zero point: pools do not rescale."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    options = operator.options
    if not isinstance(options, Pool2DOptions):
        return
    yield from activation_is_clamp(options.activation, output)
    yield from like_input(source, output)
    yield from same_quantization(source, output, "a pool does not rescale")
    found = [
        *of_rank(source, 4, "input"),
        *window_findings((options.stride_h, options.stride_w, options.filter_h, options.filter_w)),
    ]
    yield from found
    if found:
        return
    batches, height, width, channels = source.shape
    out_h = window_output_size(options.padding, height, options.filter_h, options.stride_h)
    out_w = window_output_size(options.padding, width, options.filter_w, options.stride_w)
    yield from of_shape(output, (batches, out_h, out_w, channels), "output")


def mean(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The axes are a constant; the output is the input without them, or with size 1 in their place."""
    source, axes, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from rescales(source, output)
    yield from of_type(axes, DataType.INT32, "the list of axes")
    if axes.dtype is not DataType.INT32 or not isinstance(operator.options, ReduceOptions):
        return
    rank = len(source.shape)
    numbers = integers(axes, limit=rank)
    if len(numbers) > rank or any(not -rank <= number < rank for number in numbers):
        yield Finding(reason=f"axes {list(numbers)} of an input with {rank} dimensions", hint=WRITER_HINT)
        return
    reduced = {number % rank for number in numbers}
    kept = [(1 if axis in reduced else size) for axis, size in enumerate(source.shape)]
    if not operator.options.keep_dims:
        kept = [size for axis, size in enumerate(source.shape) if axis not in reduced]
    yield from of_shape(output, tuple(kept), "output")


def pad(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Paddings are a constant (rank, 2) of non-negative numbers; PADV2's value is one constant of the same type."""
    source, paddings, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from same_quantization(source, output, "padding does not rescale")
    yield from of_type(paddings, DataType.INT32, "the list of paddings")
    rank = len(source.shape)
    if rank > _PAD_RANK_LIMIT:
        yield Finding(reason=f"pads {rank} dimensions, at most {_PAD_RANK_LIMIT} are supported", hint=WRITER_HINT)
    value = graph.input_tensor(operator, 2)
    if value is not None:
        yield from _pad_value(value, output)
    if paddings.dtype is not DataType.INT32:
        return
    numbers = integers(paddings, limit=2 * rank)
    if len(numbers) != 2 * rank or min(numbers, default=0) < 0:
        yield Finding(reason=f"paddings {list(numbers)} of an input with {rank} dimensions", hint=WRITER_HINT)
        return
    pairs = zip(source.shape, numbers[::2], numbers[1::2], strict=True)
    yield from of_shape(output, tuple(sum(sizes) for sizes in pairs), "output")


def _pad_value(value: Tensor, output: Tensor) -> Iterator[Finding]:
    yield from of_type(value, output.dtype, "the padding value")
    if value.elements != 1:
        yield Finding(reason=f"the padding value has {value.elements} elements, must have 1", hint=WRITER_HINT)
    yield from quantized_per_tensor(value, "the padding value")
    yield from same_quantization(value, output, "padding does not rescale")


def reshape(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input and output hold the same values; the shape is the output tensor's, told when the model was converted."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from same_quantization(source, output, "reshaping does not rescale")
    if source.elements != output.elements:
        yield Finding(
            reason=f"{list(source.shape)} cannot become {list(output.shape)}: not the same number of values",
            hint=WRITER_HINT,
        )
    shape = graph.input_tensor(operator, 1)
    if shape is not None and not shape.is_constant:
        yield Finding(reason="its shape is computed at run time", hint="Convert the model with fixed shapes.")


def softmax(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Along the last dimension; int8 output always has scale 1/256 and zero point -128, int16 output scale 1/32768."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    if not source.shape:
        yield Finding(reason="input is a scalar", hint=WRITER_HINT)
    if isinstance(operator.options, SoftmaxOptions):
        yield from _softmax_beta(source, operator.options.beta)
    yield from fixed_output(
        output,
        "softmax",
        int8=(_SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT),
        int16=_SOFTMAX_SCALE_INT16,
        tolerance=_SOFTMAX_SCALE_TOLERANCE,
    )


def _softmax_beta(source: Tensor, beta: float) -> Iterator[Finding]:
    scale = source.quantization.scales[0] if source.quantization and source.dtype in QUANTIZED else 1.0
    if not 0 < beta < float("inf"):
        yield Finding(reason=f"beta is {beta:g}, must be above 0", hint=WRITER_HINT)
    elif source.dtype is DataType.INT16 and beta * scale >= _SOFTMAX_GREATEST_FACTOR_INT16:
        yield Finding(
            reason=f"input scale {scale:g} × beta {beta:g} is too large for fixed-point arithmetic",
            hint=CALIBRATE_HINT,
        )
    elif beta * scale <= _SOFTMAX_LEAST_FACTOR:
        yield Finding(
            reason=f"input scale {scale:g} × beta {beta:g} is too small for fixed-point arithmetic",
            hint=CALIBRATE_HINT,
        )


def relu(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Element by element, with rescaling."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    yield from rescales(source, output)


def relu6(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Element by element, without rescaling: TFLM clamps the input's values, whatever the output's scale."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    yield from same_quantization(source, output, "RELU6 does not rescale")
    yield from bound_expressible(_SIX, output)
    if output.dtype is DataType.INT16 and output.quantization and _SIX / output.quantization.scales[0] > _INT16_MAX:
        yield Finding(
            reason=f"tensor {output.index} has scale {output.quantization.scales[0]:g}: 6 is no int16 there",
            hint=CALIBRATE_HINT,
        )


def quantize(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """float32, int8 or int16 to int8 or int16."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    if output.dtype is not DataType.INT16:
        yield from of_type(output, DataType.INT8, "output")
    yield from of_shape(output, source.shape, "output")
    yield from quantized_per_tensor(source, "input")
    yield from quantized_per_tensor(output, "output")
    yield from rescales(source, output)


def dequantize(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """int8 or int16 to float32."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    if source.dtype is not DataType.INT16:
        yield from of_type(source, DataType.INT8, "input")
    yield from of_type(output, DataType.FLOAT32, "output")
    yield from of_shape(output, source.shape, "output")
    yield from quantized_per_tensor(source, "input")


def integers(tensor: Tensor, limit: int = 16) -> tuple[int, ...]:
    """Values of a constant int32 tensor, the first `limit` + 1 of them. Raises ValueError for any other tensor."""
    if tensor.data is None or tensor.dtype is not DataType.INT32:
        raise ValueError(f"tensor {tensor.index} is no int32 constant")
    count = min(tensor.elements, limit + 1)
    return struct.unpack_from(f"<{count}i", tensor.data)
