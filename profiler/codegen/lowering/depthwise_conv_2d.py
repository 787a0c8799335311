"""DEPTHWISE_CONV_2D: portable kernels, int8, int16 (weights per tensor or channel), float32; depth multiplier."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from profiler.codegen.lowering.accumulation import (
    Int8Array,
    accumulation_of,
    int8_values,
)
from profiler.codegen.lowering.accumulation_s16 import lowered_s16
from profiler.codegen.lowering.filters import Filters, bias_fits, four_dimensions
from profiler.codegen.lowering.geometry import window_of
from profiler.codegen.lowering.lanes import lane_blob, lane_constant, lanes_for
from profiler.codegen.lowering.products_f32 import (
    product_blobs,
    product_constants,
)
from profiler.codegen.lowering.requirements import (
    activation_known,
    options_as,
    required_input,
    window_fits,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import DepthwiseConv2DOptions


def depth_multiplier_of(graph: Graph, operator: Operator) -> int:
    """Output channels per input channel; told by the shapes, as TFLM does, not by the option."""
    return graph.output_tensor(operator).shape[3] // required_input(graph, operator, 0).shape[3]


def weights_by_channel(graph: Graph, operator: Operator) -> Int8Array:
    """int8 weights as (output channels, filter height * filter width)."""
    weights = int8_values(required_input(graph, operator, 1))
    return np.ascontiguousarray(weights.reshape(-1, weights.shape[3]).T)


def geometry_constants(graph: Graph, operator: Operator) -> tuple[Constant, ...]:
    """The window and kDepthMultiplier."""
    multiplier = Constant(c_type="int32_t", name="kDepthMultiplier", value=depth_multiplier_of(graph, operator))
    return (*window_of(graph, operator).constants(), multiplier)


def _fits(graph: Graph, operator: Operator) -> Iterator[str | None]:
    options = options_as(operator, DepthwiseConv2DOptions)
    yield from four_dimensions(graph, operator)
    yield activation_known(options.activation)
    yield _channels_fit(graph, operator)
    yield window_fits(graph, operator, options)


def _channels_fit(graph: Graph, operator: Operator) -> str | None:
    source, weights = required_input(graph, operator, 0), required_input(graph, operator, 1)
    outputs = graph.output_tensor(operator).shape[3]
    if weights.shape[0] != 1 or weights.shape[3] != outputs:
        return f"weights are {weights.shape}, must be (1, height, width, {outputs})"
    if outputs % source.shape[3]:
        return f"{outputs} output channels are no multiple of {source.shape[3]} input channels"
    return bias_fits(graph, operator, outputs)


FILTERS = Filters(kind="DEPTHWISE_CONV_2D", options=DepthwiseConv2DOptions, channel_axis=3, fits=_fits)


def lower_s8_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by lanes; per channel (folded bias, multiplier, shift[, plain bias for windows at an edge])."""
    weights = weights_by_channel(graph, operator)
    lanes = lanes_for(weights.shape[0]) if depth_multiplier_of(graph, operator) == 1 else 1
    sums = accumulation_of(graph, operator, weights, options_as(operator, DepthwiseConv2DOptions).activation)
    records = sums.channel_records(padded=window_of(graph, operator).padded)
    return Lowered(
        constants=(*geometry_constants(graph, operator), *sums.constants, *records.constants, lane_constant(lanes)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(lane_blob(weights, lanes), records.blob),
    )


def lower_s16_ref(graph: Graph, operator: Operator) -> Lowered:
    """As int8, with what `accumulation_s16` tells per channel."""
    weights = weights_by_channel(graph, operator)
    return lowered_s16(
        graph,
        operator,
        weights,
        options_as(operator, DepthwiseConv2DOptions).activation,
        geometry=geometry_constants(graph, operator),
        lanes=lanes_for(weights.shape[0]) if depth_multiplier_of(graph, operator) == 1 else 1,
    )


def lower_f32_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by channel; per channel (bias[, scale])."""
    options = options_as(operator, DepthwiseConv2DOptions)
    return Lowered(
        constants=(*geometry_constants(graph, operator), *product_constants(graph, operator, options.activation)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=product_blobs(
            graph, operator, channel_axis=3, pack=lambda weights: weights.reshape(-1, weights.shape[3]).T
        ),
    )


KERNELS = (
    portable("DEPTHWISE_CONV_2D", DataType.INT8, FILTERS.why_not_s8, lower_s8_ref),
    portable("DEPTHWISE_CONV_2D", DataType.INT16, FILTERS.why_not_s16, lower_s16_ref),
    portable("DEPTHWISE_CONV_2D", DataType.FLOAT32, FILTERS.why_not_f32, lower_f32_ref),
)
