"""SOFTMAX over the last dimension: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from profiler.codegen.fixed_point import quantize_multiplier
from profiler.codegen.fixed_point_exp import exp_of_differences
from profiler.codegen.interpolated_table import exponentials_s16, reciprocals_s16
from profiler.codegen.lowering.accumulation import little_endian, quantization
from profiler.codegen.lowering.requirements import (
    first_reason,
    options_as,
    quantized_per_tensor,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Blob, Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import SoftmaxOptions
from profiler.plan.model import OperatorNeeds

_OUTPUT_SCALE, _OUTPUT_ZERO_POINT = 1 / 256, -128
_OUTPUT_SCALE_S16 = 1 / 32768
_LONGEST_SHIFT = 14  # beyond it the scaled difference of two int16 overflows


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why the int8 kernel cannot run this operator, or None."""
    return first_reason(_reasons_s8(graph, operator))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why the int16 kernel cannot run this operator, or None."""
    return first_reason(_reasons_s16(graph, operator))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why the float32 kernel cannot run this operator, or None."""
    return first_reason(_reasons(graph, operator, DataType.FLOAT32))


def _reasons_s8(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield from _reasons(graph, operator, DataType.INT8)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    yield quantized_per_tensor(source, output)
    parameters = quantization(output)
    if parameters.scales[0] != _OUTPUT_SCALE or parameters.zero_points[0] != _OUTPUT_ZERO_POINT:
        yield f"output must have scale 1/256 and zero point -128, has {parameters}"
    if options_as(operator, SoftmaxOptions).beta * quantization(source).scales[0] * 2**26 <= 1.0:
        yield "the input's scale is too small"
    if source.shape[-1] > 4096:
        yield f"{source.shape[-1]} classes overflow TFLite's sum, at most 4096 are supported"


def _reasons_s16(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield from _reasons(graph, operator, DataType.INT16)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    yield quantized_per_tensor(source, output)
    if abs(quantization(output).scales[0] - _OUTPUT_SCALE_S16) > 0.001 * _OUTPUT_SCALE_S16:
        yield f"output must have scale 1/32768, has {quantization(output).scales[0]}"
    if _steps_s16(graph, operator)[1] > _LONGEST_SHIFT:
        yield "the input's scale is too large"
    if source.shape[-1] > 65536:
        yield f"{source.shape[-1]} classes overflow TFLite's sum, at most 65536 are supported"


def _steps_s16(graph: Graph, operator: Operator) -> tuple[int, int]:
    scale = quantization(required_input(graph, operator, 0)).scales[0]
    return quantize_multiplier(scale * options_as(operator, SoftmaxOptions).beta / (10.0 / 65535.0))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    options = operator.options
    if not isinstance(options, SoftmaxOptions):
        yield "has no SOFTMAX options"
        return
    yield tensors_typed(graph, operator, (dtype,), dtype)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    if not source.shape or not source.elements or source.shape != output.shape:
        yield f"input {source.shape} and output {output.shape} must be alike and not empty"
    if not options.beta > 0.0:
        yield f"beta is {options.beta}, must be positive"


def _sizes(graph: Graph, operator: Operator) -> tuple[Constant, ...]:
    source = required_input(graph, operator, 0)
    values = {"kRows": source.elements // source.shape[-1], "kDepth": source.shape[-1]}
    return int32_constants(values)


def lower_s8(graph: Graph, operator: Operator) -> Lowered:
    """A table of the exponentials that differences of inputs can have."""
    scale = quantization(required_input(graph, operator, 0)).scales[0]
    table = exp_of_differences(scale, options_as(operator, SoftmaxOptions).beta)
    return Lowered(
        constants=(*_sizes(graph, operator), Constant(c_type="int32_t", name="kTableSize", value=len(table))),
        arguments=("input:0", "blob:exponentials", "output:0"),
        blobs=(Blob(name="exponentials", c_type="int32_t", data=little_endian(np.array(table, dtype=np.int32))),),
        needs=OperatorNeeds(in_place_inputs=(0,)),
    )


def lower_s16(graph: Graph, operator: Operator) -> Lowered:
    """Two tables, and the multiplier that brings differences of inputs to steps of the first."""
    multiplier, shift = _steps_s16(graph, operator)
    tables = {"exponentials": exponentials_s16(), "reciprocals": reciprocals_s16()}
    return Lowered(
        constants=(
            *_sizes(graph, operator),
            Constant(c_type="int32_t", name="kMultiplier", value=multiplier),
            Constant(c_type="int32_t", name="kShift", value=shift),
        ),
        arguments=("input:0", "blob:exponentials", "blob:reciprocals", "output:0"),
        blobs=tuple(
            Blob(name=name, c_type="int16_t", data=little_endian(np.array(table, dtype=np.int16)))
            for name, table in tables.items()
        ),
        needs=OperatorNeeds(in_place_inputs=(0,)),
    )


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Sizes and beta."""
    beta = Constant(c_type="float", name="kBeta", value=options_as(operator, SoftmaxOptions).beta)
    return Lowered(
        constants=(*_sizes(graph, operator), beta),
        arguments=("input:0", "output:0"),
        needs=OperatorNeeds(in_place_inputs=(0,)),
    )


KERNELS = (
    portable("SOFTMAX", DataType.INT8, why_not_s8, lower_s8),
    portable("SOFTMAX", DataType.INT16, why_not_s16, lower_s16),
    portable("SOFTMAX", DataType.FLOAT32, why_not_f32, lower_f32),
)
