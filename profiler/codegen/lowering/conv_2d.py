"""CONV_2D: portable kernels, int8, int16 (weights per tensor or channel) and float32, with groups and dilation."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.lowering.accumulation import (
    accumulation_of,
    int8_values,
)
from profiler.codegen.lowering.accumulation_s16 import bias_type, lowered_s16
from profiler.codegen.lowering.geometry import window_of
from profiler.codegen.lowering.lanes import lane_blob, lane_constant, lanes_for
from profiler.codegen.lowering.products_f32 import (
    product_blobs,
    product_constants,
    weights_dtype,
    why_not_weights,
)
from profiler.codegen.lowering.requirements import (
    activation_known,
    constant,
    filters_quantized,
    first_reason,
    options_as,
    rank,
    required_input,
    tensors_typed,
    window_fits,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Conv2DOptions


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why no int8 CONV_2D kernel can run this operator, or None."""
    return first_reason(_reasons_s8(graph, operator))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why no int16 CONV_2D kernel can run this operator, or None."""
    return first_reason(_reasons_s16(graph, operator))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why no float32 CONV_2D kernel can run this operator, or None."""
    return first_reason(_reasons_f32(graph, operator))


def groups_of(graph: Graph, operator: Operator) -> int:
    """Input channels / channels of one filter: 1 unless the convolution is grouped."""
    return required_input(graph, operator, 0).shape[3] // required_input(graph, operator, 1).shape[3]


def _reasons_s8(graph: Graph, operator: Operator) -> Iterator[str | None]:
    types = (DataType.INT8, DataType.INT8, DataType.INT32)
    yield from _reasons(graph, operator, types, DataType.INT8)
    yield from filters_quantized(graph, operator, channel_axis=0)


def _reasons_s16(graph: Graph, operator: Operator) -> Iterator[str | None]:
    types = (DataType.INT16, DataType.INT8, bias_type(graph, operator))
    yield from _reasons(graph, operator, types, DataType.INT16)
    yield from filters_quantized(graph, operator, channel_axis=0)


def _reasons_f32(graph: Graph, operator: Operator) -> Iterator[str | None]:
    types = (DataType.FLOAT32, weights_dtype(graph, operator), DataType.FLOAT32)
    yield from _reasons(graph, operator, types, DataType.FLOAT32)
    yield why_not_weights(graph, operator, channel_axis=0)


def _reasons(graph: Graph, operator: Operator, inputs: tuple[DataType, ...], output: DataType) -> Iterator[str | None]:
    options = operator.options
    if not isinstance(options, Conv2DOptions):
        yield "has no CONV_2D options"
        return
    yield tensors_typed(graph, operator, inputs, output, optional=(2,))
    yield constant(graph, operator, 1, 2)
    source, weights = required_input(graph, operator, 0), required_input(graph, operator, 1)
    for tensor in (source, weights, graph.output_tensor(operator)):
        yield rank(tensor, 4)
    yield activation_known(options.activation)
    yield _channels_fit(graph, operator)
    yield window_fits(graph, operator, options)


def _channels_fit(graph: Graph, operator: Operator) -> str | None:
    source, weights = required_input(graph, operator, 0), required_input(graph, operator, 1)
    outputs, bias = weights.shape[0], graph.input_tensor(operator, 2)
    if source.shape[3] % weights.shape[3]:
        return f"{source.shape[3]} input channels do not divide into groups of {weights.shape[3]}"
    if outputs % groups_of(graph, operator):
        return f"{outputs} output channels do not divide into {groups_of(graph, operator)} groups"
    if graph.output_tensor(operator).shape[3] != outputs:
        return f"{outputs} filters, but {graph.output_tensor(operator).shape[3]} output channels"
    return f"bias has {bias.elements} values, must have {outputs}" if bias and bias.elements != outputs else None


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
    portable("CONV_2D", DataType.INT8, why_not_s8, lower_s8_ref),
    portable("CONV_2D", DataType.INT16, why_not_s16, lower_s16_ref),
    portable("CONV_2D", DataType.FLOAT32, why_not_f32, lower_f32_ref),
)
