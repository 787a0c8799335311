"""FULLY_CONNECTED: portable kernels, int8 (per tensor or per output) and float32."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.lowering.accumulation import (
    Accumulation,
    accumulation_of,
    int8_values,
)
from profiler.codegen.lowering.accumulation_s16 import lowered_s16
from profiler.codegen.lowering.filters import Filters, bias_fits
from profiler.codegen.lowering.lanes import lane_blob, lane_constant, lanes_for
from profiler.codegen.lowering.products_f32 import (
    product_blobs,
    product_constants,
)
from profiler.codegen.lowering.requirements import (
    activation_known,
    options_as,
    rank,
    required_input,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import FullyConnectedOptions


def accumulation(graph: Graph, operator: Operator) -> Accumulation:
    """Per-output constants of an int8 layer."""
    weights = required_input(graph, operator, 1)
    activation = options_as(operator, FullyConnectedOptions).activation
    return accumulation_of(graph, operator, int8_values(weights), activation)


def sizes(graph: Graph, operator: Operator) -> tuple[Constant, ...]:
    """kBatches, kInputs and kOutputs."""
    outputs, inputs = required_input(graph, operator, 1).shape
    batches = graph.output_tensor(operator).elements // outputs
    named = {"kBatches": batches, "kInputs": inputs, "kOutputs": outputs}
    return int32_constants(named)


def _fits(graph: Graph, operator: Operator) -> Iterator[str | None]:
    options = options_as(operator, FullyConnectedOptions)
    yield "weights are shuffled" if options.weights_format else None
    yield rank(required_input(graph, operator, 1), 2)
    yield activation_known(options.activation)
    yield _sizes_fit(graph, operator)


def _sizes_fit(graph: Graph, operator: Operator) -> str | None:
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    outputs, inputs = required_input(graph, operator, 1).shape
    if not source.elements or source.elements % inputs:
        return f"{source.elements} input values do not divide into rows of {inputs}"
    expected = source.elements // inputs * outputs
    if output.elements != expected or output.shape[-1] != outputs:
        return f"output is {output.shape}, must have {expected} values in rows of {outputs}"
    return bias_fits(graph, operator, outputs)


FILTERS = Filters(
    kind="FULLY_CONNECTED", options=FullyConnectedOptions, channel_axis=0, fits=_fits, int32_bias_s16=True
)


def lower_s8_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights packed by lanes; per output (folded bias, multiplier, shift)."""
    weights = int8_values(required_input(graph, operator, 1))
    lanes = lanes_for(weights.shape[0])
    sums = accumulation(graph, operator)
    records = sums.channel_records(padded=False)
    return Lowered(
        constants=(*sizes(graph, operator), *sums.constants, *records.constants, lane_constant(lanes)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(lane_blob(weights, lanes), records.blob),
    )


def lower_s16_ref(graph: Graph, operator: Operator) -> Lowered:
    """As int8, with what `accumulation_s16` tells per output."""
    weights = required_input(graph, operator, 1)
    return lowered_s16(
        graph,
        operator,
        int8_values(weights),
        options_as(operator, FullyConnectedOptions).activation,
        geometry=sizes(graph, operator),
        lanes=lanes_for(weights.shape[0]),
    )


def lower_f32_ref(graph: Graph, operator: Operator) -> Lowered:
    """Weights as they are; per channel (bias[, scale])."""
    options = options_as(operator, FullyConnectedOptions)
    return Lowered(
        constants=(*sizes(graph, operator), *product_constants(graph, operator, options.activation)),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=product_blobs(graph, operator, channel_axis=0),
    )


KERNELS = (
    portable("FULLY_CONNECTED", DataType.INT8, FILTERS.why_not_s8, lower_s8_ref),
    portable("FULLY_CONNECTED", DataType.INT16, FILTERS.why_not_s16, lower_s16_ref),
    portable("FULLY_CONNECTED", DataType.FLOAT32, FILTERS.why_not_f32, lower_f32_ref),
)
