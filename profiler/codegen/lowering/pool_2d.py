"""AVERAGE_POOL_2D and MAX_POOL_2D: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.fixed_point import activation_range
from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.geometry import window_of
from profiler.codegen.lowering.lanes import lane_constant, lanes_for
from profiler.codegen.lowering.products_f32 import clamp_constants
from profiler.codegen.lowering.requirements import (
    activation_known,
    first_reason,
    options_as,
    quantized_per_tensor,
    rank,
    required_input,
    same_quantization,
    tensors_typed,
    window_fits,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Pool2DOptions


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why no int8 pool can run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT8))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why no int16 pool can run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT16))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why no float32 pool can run this operator, or None."""
    return first_reason(_reasons(graph, operator, DataType.FLOAT32))


def _reasons_quantized(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, dtype)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    yield quantized_per_tensor(source, output)
    yield same_quantization(source, output)


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    options = operator.options
    if not isinstance(options, Pool2DOptions):
        yield f"has no {operator.kind} options"
        return
    yield tensors_typed(graph, operator, (dtype,), dtype)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    yield rank(source, 4)
    yield rank(output, 4)
    yield activation_known(options.activation)
    yield window_fits(graph, operator, options)
    if source.shape[3] != output.shape[3]:
        yield f"{source.shape[3]} input channels, but {output.shape[3]} output channels"


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Geometry and clamp; a pool needs no data of its own."""
    output, dtype = quantization(graph.output_tensor(operator)), graph.output_tensor(operator).dtype
    activation = options_as(operator, Pool2DOptions).activation
    low, high = activation_range(dtype, activation, output.scales[0], output.zero_points[0])
    window = window_of(graph, operator)
    return Lowered(
        constants=(
            *window.constants(),
            lane_constant(lanes_for(window.input_channels)),
            Constant(c_type="int32_t", name="kOutputMin", value=low),
            Constant(c_type="int32_t", name="kOutputMax", value=high),
        ),
        arguments=("input:0", "output:0"),
    )


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Geometry and clamp; a pool needs no data of its own."""
    clamps = clamp_constants(options_as(operator, Pool2DOptions).activation)
    return Lowered(constants=(*window_of(graph, operator).constants(), *clamps), arguments=("input:0", "output:0"))


KERNELS = tuple(
    row
    for kind in ("AVERAGE_POOL_2D", "MAX_POOL_2D")
    for row in (
        portable(kind, DataType.INT8, why_not_s8, lower_quantized),
        portable(kind, DataType.INT16, why_not_s16, lower_quantized),
        portable(kind, DataType.FLOAT32, why_not_f32, lower_f32),
    )
)
