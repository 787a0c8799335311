"""CONV_2D: portable kernels, int8, int16 (weights per tensor or channel) and float32, with groups and dilation."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.lowering.accumulation import (
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
from profiler.graph.options import Conv2DOptions


def groups_of(graph: Graph, operator: Operator) -> int:
    """Input channels / channels of one filter: 1 unless the convolution is grouped."""
    return required_input(graph, operator, 0).shape[3] // required_input(graph, operator, 1).shape[3]


def _fits(graph: Graph, operator: Operator) -> Iterator[str | None]:
    options = options_as(operator, Conv2DOptions)
    yield from four_dimensions(graph, operator)
    yield activation_known(options.activation)
    yield _channels_fit(graph, operator)
    yield window_fits(graph, operator, options)


def _channels_fit(graph: Graph, operator: Operator) -> str | None:
    source, weights = required_input(graph, operator, 0), required_input(graph, operator, 1)
    outputs = weights.shape[0]
    if source.shape[3] % weights.shape[3]:
        return f"{source.shape[3]} input channels do not divide into groups of {weights.shape[3]}"
    if outputs % groups_of(graph, operator):
        return f"{outputs} output channels do not divide into {groups_of(graph, operator)} groups"
    if graph.output_tensor(operator).shape[3] != outputs:
        return f"{outputs} filters, but {graph.output_tensor(operator).shape[3]} output channels"
    return bias_fits(graph, operator, outputs)


FILTERS = Filters(kind="CONV_2D", options=Conv2DOptions, channel_axis=0, fits=_fits, int32_bias_s16=True)


def _geometry(graph: Graph, operator: Operator, options: Conv2DOptions) -> tuple[Constant, ...]:
    groups = groups_of(graph, operator)
    return (
        *window_of(graph, operator).constants(),
        Constant(c_type="int32_t", name="kGroups", value=groups),
        Constant(c_type="int32_t", name="kFilterChannels", value=required_input(graph, operator, 1).shape[3]),
        Constant(c_type="bool", name="kRowsAreRuns", value=groups == 1 and options.dilation_w == 1),
    )


def lower_s8_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by lanes; per channel (folded bias, multiplier, shift[, plain bias for windows at an edge])."""
    options = options_as(operator, Conv2DOptions)
    weights = int8_values(required_input(graph, operator, 1))
    filters = weights.reshape(weights.shape[0], -1)
    lanes = lanes_for(weights.shape[0] // groups_of(graph, operator))
    sums = accumulation_of(graph, operator, filters, options.activation)
    records = sums.channel_records(padded=window_of(graph, operator).padded)
    return Lowered(
        constants=(*_geometry(graph, operator, options), *sums.constants, *records.constants, lane_constant(lanes)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(lane_blob(filters, lanes), records.blob),
    )


def lower_s16_ref(graph: Graph, operator: Operator) -> Lowered:
    """As int8, with what `accumulation_s16` tells per channel."""
    options = options_as(operator, Conv2DOptions)
    weights = int8_values(required_input(graph, operator, 1))
    return lowered_s16(
        graph,
        operator,
        weights.reshape(weights.shape[0], -1),
        options.activation,
        geometry=_geometry(graph, operator, options),
        lanes=lanes_for(weights.shape[0] // groups_of(graph, operator)),
    )


def lower_f32_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights as they are; per channel (bias[, scale])."""
    options = options_as(operator, Conv2DOptions)
    return Lowered(
        constants=(*_geometry(graph, operator, options), *product_constants(graph, operator, options.activation)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=product_blobs(graph, operator, channel_axis=0),
    )


KERNELS = (
    portable("CONV_2D", DataType.INT8, FILTERS.why_not_s8, lower_s8_ref),
    portable("CONV_2D", DataType.INT16, FILTERS.why_not_s16, lower_s16_ref),
    portable("CONV_2D", DataType.FLOAT32, FILTERS.why_not_f32, lower_f32_ref),
)
