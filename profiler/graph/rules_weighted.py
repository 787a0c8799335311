"""Consistency of the operators with weights: convolutions and fully connected layers."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.graph.hybrid import is_hybrid
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    TransposeConvOptions,
)
from profiler.graph.rules import (
    CONVERT_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    activation_is_clamp,
    bias_fits,
    finite,
    of_rank,
    of_shape,
    of_type,
    product_multipliers,
    quantized_per_tensor,
    required,
    weights_quantized,
)
from profiler.graph.rules_unweighted import integers
from profiler.graph.transposed import SHAPE, as_convolution
from profiler.graph.window import window_findings, window_output_size

_HYBRID_HINT = "Weights of another type than activations mean dynamic-range quantization. " + CONVERT_HINT


def conv_2d(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input NHWC, weights OHWI; the output follows from padding, stride and dilation."""
    source, weights, output = _tensors(graph, operator)
    options = operator.options
    if not isinstance(options, Conv2DOptions):
        return
    found = [*_ranks((source, 4, "input"), (weights, 4, "weights"), (output, 4, "output"))]
    yield from found or _conv_2d_shapes(source, weights, output, options)
    yield from _common(graph, operator, channels=weights.shape[0] if weights.shape else 0, axis=0)
    yield from activation_is_clamp(options.activation, output)


def _conv_2d_shapes(source: Tensor, weights: Tensor, output: Tensor, options: Conv2DOptions) -> Iterator[Finding]:
    out_channels, _, _, in_channels = weights.shape
    if in_channels != source.shape[3]:
        grouped = in_channels > 0 and source.shape[3] % in_channels == 0
        yield Finding(
            reason=f"weights {list(weights.shape)} take {in_channels} channels, the input has {source.shape[3]}"
            + (" (a grouped convolution)" if grouped else ""),
            hint="Use ordinary or depthwise convolutions instead of grouped ones." if grouped else WRITER_HINT,
        )
    yield from _window_shape(source, weights, output, options, out_channels)


def depthwise_conv_2d(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input NHWC, weights 1HW(C × multiplier)."""
    source, weights, output = _tensors(graph, operator)
    options = operator.options
    if not isinstance(options, DepthwiseConv2DOptions):
        return
    found = [*_ranks((source, 4, "input"), (weights, 4, "weights"), (output, 4, "output"))]
    yield from found or _depthwise_shapes(source, weights, output, options)
    bias = graph.input_tensor(operator, 2)
    if source.dtype is DataType.INT16 and bias is not None:
        yield from of_type(bias, DataType.INT64, "bias")
    yield from _common(graph, operator, channels=weights.shape[-1] if weights.shape else 0, axis=3)
    yield from activation_is_clamp(options.activation, output)


def _depthwise_shapes(
    source: Tensor, weights: Tensor, output: Tensor, options: DepthwiseConv2DOptions
) -> Iterator[Finding]:
    channels = source.shape[3] * options.depth_multiplier
    if options.depth_multiplier < 1 or weights.shape[0] != 1 or weights.shape[3] != channels:
        yield Finding(
            reason=f"weights {list(weights.shape)} do not suit {source.shape[3]} input channels "
            f"times depth multiplier {options.depth_multiplier}",
            hint=WRITER_HINT,
        )
    yield from _window_shape(source, weights, output, options, weights.shape[3])


def transpose_conv(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input NHWC, weights OHWI; a convolution with these padding and strides would make the input of the output."""
    shape, options = required(graph, operator, SHAPE), operator.options
    operator = as_convolution(operator)
    source, weights, output = _tensors(graph, operator)
    if not isinstance(options, TransposeConvOptions):
        return
    yield from of_type(shape, DataType.INT32, "the output's shape")
    if shape.dtype is DataType.INT32 and shape.is_constant and integers(shape) != output.shape:
        yield Finding(reason=f"its shape {list(integers(shape))} is not {list(output.shape)}", hint=WRITER_HINT)
    found = [*_ranks((source, 4, "input"), (weights, 4, "weights"), (output, 4, "output"))]
    yield from found or _transpose_conv_shapes(source, weights, output, options)
    bias = graph.input_tensor(operator, 2)
    if source.dtype is DataType.INT16 and bias is not None:
        yield from of_type(bias, DataType.INT64, "bias")
    yield from _common(graph, operator, channels=weights.shape[0] if weights.shape else 0, axis=0)
    yield from activation_is_clamp(options.activation, output)


def _transpose_conv_shapes(
    source: Tensor, weights: Tensor, output: Tensor, options: TransposeConvOptions
) -> Iterator[Finding]:
    out_channels, filter_h, filter_w, in_channels = weights.shape
    found = [*window_findings((options.stride_h, options.stride_w))]
    yield from found
    if found:
        return
    batches, height, width, channels = output.shape
    expected = (
        batches,
        window_output_size(options.padding, height, filter_h, options.stride_h),
        window_output_size(options.padding, width, filter_w, options.stride_w),
        in_channels,
    )
    yield from of_shape(source, expected, "input")
    if channels != out_channels:
        yield Finding(reason=f"{out_channels} filters make {channels} output channels", hint=WRITER_HINT)


def fully_connected(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Weights (units, depth); the input is read as rows of `depth` values, the output has one row of units for each."""
    source, weights, output = _tensors(graph, operator)
    options = operator.options
    if not isinstance(options, FullyConnectedOptions):
        return
    if options.weights_format:
        yield Finding(reason="weights are stored shuffled", hint="Convert the model for the default weights format.")
    found = [*of_rank(weights, 2, "weights")]
    yield from found or _fully_connected_shapes(source, weights, output)
    yield from _common(graph, operator, channels=weights.shape[0] if weights.shape else 0, axis=0)
    yield from activation_is_clamp(options.activation, output)


def _fully_connected_shapes(source: Tensor, weights: Tensor, output: Tensor) -> Iterator[Finding]:
    units, depth = weights.shape
    if source.elements % depth:
        yield Finding(
            reason=f"input of {source.elements} values is not made of rows of {depth}, as weights "
            f"{list(weights.shape)} need",
            hint=WRITER_HINT,
        )
    elif output.shape[-1:] != (units,) or output.elements != source.elements // depth * units:
        yield Finding(
            reason=f"output {list(output.shape)} is not {source.elements // depth} rows of {units} units",
            hint=WRITER_HINT,
        )


def _tensors(graph: Graph, operator: Operator) -> tuple[Tensor, Tensor, Tensor]:
    return required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)


def _ranks(*expected: tuple[Tensor, int, str]) -> Iterator[Finding]:
    for tensor, rank, what in expected:
        yield from of_rank(tensor, rank, what)


def _window_shape(
    source: Tensor,
    weights: Tensor,
    output: Tensor,
    options: Conv2DOptions | DepthwiseConv2DOptions,
    channels: int,
) -> Iterator[Finding]:
    filter_h, filter_w = weights.shape[1:3]
    sizes = (options.stride_h, options.stride_w, options.dilation_h, options.dilation_w)
    found = [*window_findings(sizes)]
    yield from found
    if found:
        return
    batches, height, width, _ = source.shape
    expected = (
        batches,
        window_output_size(options.padding, height, filter_h, options.stride_h, options.dilation_h),
        window_output_size(options.padding, width, filter_w, options.stride_w, options.dilation_w),
        channels,
    )
    yield from of_shape(output, expected, "output")


def _common(graph: Graph, operator: Operator, *, channels: int, axis: int) -> Iterator[Finding]:
    """Types, quantization and bias, which all operators with weights share."""
    source, weights, output = _tensors(graph, operator)
    expected = DataType.INT8 if source.dtype in QUANTIZED else source.dtype
    if weights.dtype is not expected and not is_hybrid(graph, operator):
        yield Finding(reason=f"weights are {weights.dtype.value}, input is {source.dtype.value}", hint=_HYBRID_HINT)
        return
    found = [
        *of_type(output, source.dtype, "output"),
        *quantized_per_tensor(source, "input"),
        *quantized_per_tensor(output, "output"),
        *weights_quantized(weights, channels=channels, axis=axis),
    ]
    yield from found
    yield from finite(weights, "weights")
    yield from finite(graph.input_tensor(operator, 2), "bias")
    if not found and output.shape:
        yield from bias_fits(graph.input_tensor(operator, 2), source, weights, output)
        yield from product_multipliers(source, weights, output)
