"""TRANSPOSE_CONV: portable kernels, int8, int16 (weights per tensor or channel) and float32.

Every output gathers the inputs that reach it, so no memory for sums is needed, which TFLM, that scatters, takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from profiler.codegen.lowering.accumulation import accumulation_of, int8_values
from profiler.codegen.lowering.accumulation_s16 import lowered_s16
from profiler.codegen.lowering.filters import Filters, bias_fits, four_dimensions
from profiler.codegen.lowering.geometry import axis_of
from profiler.codegen.lowering.lanes import lane_blob, lane_constant, lanes_for
from profiler.codegen.lowering.products_f32 import product_blobs, product_constants
from profiler.codegen.lowering.requirements import (
    activation_known,
    options_as,
    required_input,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import TransposeConvOptions
from profiler.graph.transposed import SOURCE, as_convolution
from profiler.graph.window import window_output_size

_ARGUMENTS = (f"input:{SOURCE}", "blob:weights", "blob:channels", "output:0")


def _fits(graph: Graph, operator: Operator) -> Iterator[str | None]:
    options = options_as(operator, TransposeConvOptions)
    yield from four_dimensions(graph, operator)
    yield activation_known(options.activation)
    yield "strides must be positive" if min(options.stride_h, options.stride_w) < 1 else None
    yield _sizes_fit(graph, operator, options)


def _sizes_fit(graph: Graph, operator: Operator, options: TransposeConvOptions) -> str | None:
    filters, filter_h, filter_w, channels = required_input(graph, operator, 1).shape
    batches, height, width, outputs = graph.output_tensor(operator).shape
    expected = (
        batches,
        window_output_size(options.padding, height, filter_h, options.stride_h),
        window_output_size(options.padding, width, filter_w, options.stride_w),
        channels,
    )
    if required_input(graph, operator, 0).shape != expected:
        return f"input is {required_input(graph, operator, 0).shape}, must be {expected}"
    if outputs != filters:
        return f"{filters} filters, but {outputs} output channels"
    return bias_fits(graph, operator, filters)


FILTERS = Filters(
    kind="TRANSPOSE_CONV", options=TransposeConvOptions, channel_axis=0, fits=_fits, operands=as_convolution
)


def _geometry(graph: Graph, operator: Operator, options: TransposeConvOptions) -> tuple[Constant, ...]:
    """Sizes of a convolution's operands; where the output's first element lies in the padding of one back."""
    batches, input_h, input_w, channels = required_input(graph, operator, 0).shape
    outputs, filter_h, filter_w, _ = required_input(graph, operator, 1).shape
    _, output_h, output_w, _ = graph.output_tensor(operator).shape
    values = {
        "kBatches": batches,
        "kInputHeight": input_h,
        "kInputWidth": input_w,
        "kInputChannels": channels,
        "kOutputHeight": output_h,
        "kOutputWidth": output_w,
        "kOutputChannels": outputs,
        "kFilterHeight": filter_h,
        "kFilterWidth": filter_w,
        "kStrideHeight": options.stride_h,
        "kStrideWidth": options.stride_w,
        "kPadHeight": axis_of(options.padding, output_h, filter_h, options.stride_h).before,
        "kPadWidth": axis_of(options.padding, output_w, filter_w, options.stride_w).before,
    }
    return int32_constants(values)


def lower_s8_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by lanes; per channel (folded bias, multiplier, shift[, plain bias]), of which the plain bias is
    read: how many inputs reach an output differs."""
    options, operator = options_as(operator, TransposeConvOptions), as_convolution(operator)
    weights = int8_values(required_input(graph, operator, 1))
    filters, lanes = weights.reshape(weights.shape[0], -1), lanes_for(weights.shape[0])
    sums = accumulation_of(graph, operator, filters, options.activation)
    records = sums.channel_records(padded=True)
    geometry = _geometry(graph, operator, options)
    return Lowered(
        constants=(*geometry, *sums.constants, *records.constants, lane_constant(lanes)),
        arguments=_ARGUMENTS,
        blobs=(lane_blob(filters, lanes), records.blob),
    )


def lower_s16_ref(graph: Graph, operator: Operator) -> Lowered:
    """As int8, with what `accumulation_s16` tells per channel."""
    options, operator = options_as(operator, TransposeConvOptions), as_convolution(operator)
    weights = int8_values(required_input(graph, operator, 1))
    lowered = lowered_s16(
        graph,
        operator,
        weights.reshape(weights.shape[0], -1),
        options.activation,
        geometry=_geometry(graph, operator, options),
        lanes=lanes_for(weights.shape[0]),
    )
    return replace(lowered, arguments=_ARGUMENTS)


def lower_f32_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights as they are; per channel (bias[, scale])."""
    options, operator = options_as(operator, TransposeConvOptions), as_convolution(operator)
    geometry = _geometry(graph, operator, options)
    return Lowered(
        constants=(*geometry, *product_constants(graph, operator, options.activation)),
        arguments=_ARGUMENTS,
        blobs=product_blobs(graph, operator, channel_axis=0),
    )


KERNELS = (
    portable("TRANSPOSE_CONV", DataType.INT8, FILTERS.why_not_s8, lower_s8_ref),
    portable("TRANSPOSE_CONV", DataType.INT16, FILTERS.why_not_s16, lower_s16_ref),
    portable("TRANSPOSE_CONV", DataType.FLOAT32, FILTERS.why_not_f32, lower_f32_ref),
)
