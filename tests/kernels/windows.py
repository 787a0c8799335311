"""Strategies for operators that slide a window: convolutions and pools."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from profiler.graph.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    Padding,
    Pool2DOptions,
    TransposeConvOptions,
)
from profiler.graph.window import window_output_size
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import (
    accumulated_f32,
    accumulated_quantized,
    activations,
    channels,
    int32_constant,
    scales,
    tensor,
    zero_points,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """One axis of a window."""

    input_size: int
    output_size: int
    filter_size: int
    stride: int
    dilation: int


@st.composite
def sweeps(draw: st.DrawFn, padding: Padding, *, dilated: bool = True) -> Sweep:
    """An axis with at least one output; windows may be larger than the input where padding allows."""
    filter_size, stride = draw(st.sampled_from([1, 2, 3, 3, 4, 5])), draw(st.sampled_from([1, 1, 2, 3]))
    dilation = draw(st.sampled_from([1, 1, 1, 2, 3])) if dilated else 1
    smallest = 1 if padding is Padding.SAME else (filter_size - 1) * dilation + 1
    input_size = draw(st.integers(smallest, smallest + 7))
    output_size = window_output_size(padding, input_size, filter_size, stride, dilation)
    return Sweep(
        input_size=input_size, output_size=output_size, filter_size=filter_size, stride=stride, dilation=dilation
    )


paddings = st.sampled_from(list(Padding))
batches = st.sampled_from([1, 1, 1, 2])


@st.composite
def conv_2d(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """CONV_2D, now and then with groups, dilation, 1x1 filters and no bias."""
    padding, batch = draw(paddings), draw(batches)
    h, w = draw(sweeps(padding)), draw(sweeps(padding))
    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    depth, outputs = draw(channels), groups * draw(channels if groups == 1 else st.integers(1, 4))
    shape = (outputs, h.filter_size, w.filter_size, depth)
    options = Conv2DOptions(
        padding=padding,
        stride_h=h.stride,
        stride_w=w.stride,
        dilation_h=h.dilation,
        dilation_w=w.dilation,
        activation=draw(activations),
    )
    input_shape = (batch, h.input_size, w.input_size, depth * groups)
    output_shape = (batch, h.output_size, w.output_size, outputs)
    terms = h.filter_size * w.filter_size * depth
    return draw(_accumulated("CONV_2D", dtype, options, shape, 0, terms, input_shape, output_shape))


@st.composite
def conv_2d_strip(draw: st.DrawFn) -> OperatorCase:
    """Int8 CONV_2D with few input channels, overlapping windows and outputs in groups of four: a strip may be read."""
    padding, batch = draw(paddings), draw(batches)
    h = draw(sweeps(padding))
    depth, outputs, filter_w = draw(st.integers(1, 4)), draw(channels), draw(st.integers(2, 4))
    stride_w, output_w = draw(st.integers(1, filter_w - 1)), draw(st.sampled_from([4, 8, 11, 12, 20, 45]))
    missing = draw(st.integers(0, stride_w - 1))
    input_w = output_w * stride_w - missing if padding is Padding.SAME else (output_w - 1) * stride_w + filter_w
    options = Conv2DOptions(
        padding=padding,
        stride_h=h.stride,
        stride_w=stride_w,
        dilation_h=h.dilation,
        activation=draw(activations),
    )
    input_shape, output_shape = (batch, h.input_size, input_w, depth), (batch, h.output_size, output_w, outputs)
    shape, terms = (outputs, h.filter_size, filter_w, depth), h.filter_size * filter_w * depth
    return draw(_accumulated("CONV_2D", "int8", options, shape, 0, terms, input_shape, output_shape))


@st.composite
def depthwise_conv_2d(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """DEPTHWISE_CONV_2D with depth multipliers and dilation."""
    padding, batch = draw(paddings), draw(batches)
    h, w = draw(sweeps(padding)), draw(sweeps(padding))
    depth, multiplier = draw(channels), draw(st.sampled_from([1, 1, 1, 2, 3]))
    outputs = depth * multiplier
    options = DepthwiseConv2DOptions(
        padding=padding,
        stride_h=h.stride,
        stride_w=w.stride,
        depth_multiplier=multiplier,
        dilation_h=h.dilation,
        dilation_w=w.dilation,
        activation=draw(activations),
    )
    shape = (1, h.filter_size, w.filter_size, outputs)
    input_shape, output_shape = (
        (batch, h.input_size, w.input_size, depth),
        (batch, h.output_size, w.output_size, outputs),
    )
    terms = h.filter_size * w.filter_size
    return draw(_accumulated("DEPTHWISE_CONV_2D", dtype, options, shape, 3, terms, input_shape, output_shape))


@st.composite
def transpose_conv(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """TRANSPOSE_CONV whose filters overlap in the output, meet there, or leave gaps; every output size that fits."""
    padding, batch = draw(paddings), draw(batches)
    h, w = draw(_backward_sweeps(padding)), draw(_backward_sweeps(padding))
    depth, outputs = draw(channels), draw(channels)
    options = TransposeConvOptions(padding=padding, stride_h=h.stride, stride_w=w.stride, activation=draw(activations))
    shape, terms = (outputs, h.filter_size, w.filter_size, depth), h.filter_size * w.filter_size * depth
    input_shape, output_shape = (
        (batch, h.input_size, w.input_size, depth),
        (batch, h.output_size, w.output_size, outputs),
    )
    case = draw(_accumulated("TRANSPOSE_CONV", dtype, options, shape, 0, terms, input_shape, output_shape))
    source, weights, *bias = case.inputs
    return replace(case, inputs=(int32_constant(output_shape), weights, source, *bias))


@st.composite
def _backward_sweeps(draw: st.DrawFn, padding: Padding) -> Sweep:
    """An axis along which a window over the output would make the input."""
    filter_size, stride = draw(st.sampled_from([1, 2, 3, 3, 4, 5])), draw(st.sampled_from([1, 2, 2, 3]))
    input_size, missing = draw(st.integers(1, 7)), draw(st.integers(0, stride - 1))
    largest = input_size * stride + (0 if padding is Padding.SAME else filter_size - 1)
    return Sweep(
        input_size=input_size,
        output_size=largest - missing,
        filter_size=filter_size,
        stride=stride,
        dilation=1,
    )


@st.composite
def _accumulated(
    draw: st.DrawFn,
    kind: str,
    dtype: str,
    options: Conv2DOptions | DepthwiseConv2DOptions | TransposeConvOptions,
    shape: tuple[int, ...],
    axis: int,
    terms: int,
    input_shape: tuple[int, ...],
    output_shape: tuple[int, ...],
) -> OperatorCase:
    if dtype == "float32":
        weights, bias = draw(accumulated_f32(shape, axis=axis))
        inputs = (tensor(input_shape, dtype), weights, bias)
        return OperatorCase(
            kind=kind, options=options, inputs=_without_absent(inputs), output=tensor(output_shape, dtype)
        )
    layer = draw(accumulated_quantized(shape, axis=axis, terms=terms, dtype=dtype))
    source = tensor(input_shape, dtype, layer.input_scale, layer.input_zero_point)
    return OperatorCase(
        kind=kind,
        options=options,
        inputs=_without_absent((source, layer.weights, layer.bias)),
        output=tensor(output_shape, dtype, layer.output_scale, layer.output_zero_point),
    )


def _without_absent(inputs: tuple) -> tuple:
    """TFLM takes a convolution without bias as one of two inputs."""
    return tuple(spec for spec in inputs if spec is not None)


@st.composite
def pool_2d(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """AVERAGE_POOL_2D or MAX_POOL_2D; input and output are quantized alike, as TFLite demands."""
    padding, batch, depth = draw(paddings), draw(batches), draw(channels)
    h, w = draw(sweeps(padding, dilated=False)), draw(sweeps(padding, dilated=False))
    options = Pool2DOptions(
        padding=padding,
        stride_h=h.stride,
        stride_w=w.stride,
        filter_h=h.filter_size,
        filter_w=w.filter_size,
        activation=draw(activations),
    )
    quantized = (draw(scales()), draw(zero_points(dtype))) if dtype != "float32" else ()
    return OperatorCase(
        kind=kind,
        options=options,
        inputs=(tensor((batch, h.input_size, w.input_size, depth), dtype, *quantized),),
        output=tensor((batch, h.output_size, w.output_size, depth), dtype, *quantized),
    )
