"""Functions of one tensor, element by element, that bend: LOGISTIC, TANH, LEAKY_RELU, HARD_SWISH, ELU. In int8 all are
tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from profiler.codegen.byte_tables import (
    ByteTable,
    elu_table,
    hard_swish_table,
    leaky_relu_multipliers,
    leaky_relu_table,
    logistic_table,
    tanh_table,
)
from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.elementwise import Reason, why_not
from profiler.codegen.lowering.requirements import first_reason, options_as, required_input
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Blob, Constant, Kernel, Lowered, int32_constants
from profiler.codegen.sigmoid_samples import input_multiplier, power_of_two, samples_blob
from profiler.graph.model import DataType, Graph, Operator, Quantization
from profiler.graph.options import LeakyReluOptions
from profiler.plan.model import OperatorNeeds

_S8, _S16, _F32 = DataType.INT8, DataType.INT16, DataType.FLOAT32
_S16_OUTPUT_EXPONENT = -15
_HARD_SWISH_LIMIT = 0.999  # of input scale ÷ 128 output scales: the product is only ever shifted to the right


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sigmoid:
    """LOGISTIC or TANH: what its outputs are, and how the int16 kernel takes inputs with a power of two as scale."""

    table: Callable[[Quantization], ByteTable]
    output_scale: float  # of int8
    output_zero_point: int  # of int8
    exact_shifts: tuple[int, ...]


_SIGMOIDS = {
    "LOGISTIC": _Sigmoid(table=logistic_table, output_scale=1 / 256, output_zero_point=-128, exact_shifts=(0,)),
    "TANH": _Sigmoid(table=tanh_table, output_scale=1 / 128, output_zero_point=0, exact_shifts=(0, 1)),
}


def _why_not_sigmoid_s8(graph: Graph, operator: Operator) -> str | None:
    return first_reason(_sigmoid_reasons_s8(graph, operator))


def _sigmoid_reasons_s8(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield why_not(_S8, _S8)(graph, operator)
    function, output = _SIGMOIDS[operator.kind], quantization(graph.output_tensor(operator))
    if (output.scales[0], output.zero_points[0]) != (function.output_scale, function.output_zero_point):
        yield f"output must have scale {function.output_scale} and zero point {function.output_zero_point}"
    if quantization(required_input(graph, operator, 0)).scales[0] * 2**27 < 1.0:
        yield "the input's scale is too small"


def _why_not_sigmoid_s16(graph: Graph, operator: Operator) -> str | None:
    return first_reason(_sigmoid_reasons_s16(graph, operator))


def _sigmoid_reasons_s16(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield why_not(_S16, _S16)(graph, operator)
    scale = quantization(graph.output_tensor(operator)).scales[0]
    if power_of_two(scale) != _S16_OUTPUT_EXPONENT:
        yield f"output must have scale 1/32768, has {scale}"
    try:
        _multiplier(graph, operator)
    except ValueError as error:
        yield str(error)


def _why_not_hard_swish_s8(graph: Graph, operator: Operator) -> str | None:
    return first_reason(_hard_swish_reasons(graph, operator))


def _hard_swish_reasons(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield why_not(_S8, _S8)(graph, operator)
    source, output = _quantizations(graph, operator)
    if source.scales[0] / (128 * output.scales[0]) >= _HARD_SWISH_LIMIT:
        yield "the output's scale is too small for this input"


def _multiplier(graph: Graph, operator: Operator) -> tuple[int, int]:
    scale = quantization(required_input(graph, operator, 0)).scales[0]
    return input_multiplier(scale, exact_shifts=_SIGMOIDS[operator.kind].exact_shifts)


def _lower_sigmoid_s8(graph: Graph, operator: Operator) -> Lowered:
    table = _SIGMOIDS[operator.kind].table(quantization(required_input(graph, operator, 0)))
    return _lowered_table(graph, operator, table)


def _lower_sigmoid_s16(graph: Graph, operator: Operator) -> Lowered:
    multiplier, shift = _multiplier(graph, operator)
    return _lowered(
        graph,
        operator,
        Constant(c_type="int32_t", name="kMultiplier", value=multiplier),
        Constant(c_type="int32_t", name="kShift", value=shift),
        blob=samples_blob(),
    )


def _lower_leaky_relu_s8(graph: Graph, operator: Operator) -> Lowered:
    source, output = _quantizations(graph, operator)
    return _lowered_table(graph, operator, leaky_relu_table(source, output, _alpha(operator)))


def _lower_leaky_relu_s16(graph: Graph, operator: Operator) -> Lowered:
    source, output = _quantizations(graph, operator)
    (multiplier, shift), below = leaky_relu_multipliers(source, output, _alpha(operator))
    values = {"kMultiplier": multiplier, "kShift": shift, "kMultiplierBelow": below[0], "kShiftBelow": below[1]}
    return _lowered(
        graph,
        operator,
        *int32_constants(values),
        Constant(c_type="bool", name="kNegatesBelow", value=_alpha(operator) < 0),
    )


def _lower_leaky_relu_f32(graph: Graph, operator: Operator) -> Lowered:
    return _lowered(graph, operator, Constant(c_type="float", name="kAlpha", value=_alpha(operator)))


def _lower_hard_swish_s8(graph: Graph, operator: Operator) -> Lowered:
    return _lowered_table(graph, operator, hard_swish_table(*_quantizations(graph, operator)))


def _lower_elu_s8(graph: Graph, operator: Operator) -> Lowered:
    return _lowered_table(graph, operator, elu_table(*_quantizations(graph, operator)))


def _alpha(operator: Operator) -> float:
    return options_as(operator, LeakyReluOptions).alpha


def _quantizations(graph: Graph, operator: Operator) -> tuple[Quantization, Quantization]:
    return quantization(required_input(graph, operator, 0)), quantization(graph.output_tensor(operator))


def _lower_f32(graph: Graph, operator: Operator) -> Lowered:
    return _lowered(graph, operator)


def _lowered_table(graph: Graph, operator: Operator, table: ByteTable) -> Lowered:
    return _lowered(graph, operator, blob=Blob(name="table", c_type="int8_t", data=np.array(table, np.int8).tobytes()))


def _lowered(graph: Graph, operator: Operator, *constants: Constant, blob: Blob | None = None) -> Lowered:
    count = Constant(c_type="int32_t", name="kCount", value=graph.output_tensor(operator).elements)
    return Lowered(
        constants=(count, *constants),
        arguments=("input:0", f"blob:{blob.name}", "output:0") if blob else ("input:0", "output:0"),
        blobs=(blob,) if blob else (),
        needs=OperatorNeeds(in_place_inputs=(0,)),
    )


_SIGMOID_ROWS: tuple[tuple[DataType, Reason, Callable[[Graph, Operator], Lowered]], ...] = (
    (_S8, _why_not_sigmoid_s8, _lower_sigmoid_s8),
    (_S16, _why_not_sigmoid_s16, _lower_sigmoid_s16),
    (_F32, why_not(_F32, _F32), _lower_f32),
)
KERNELS: tuple[Kernel, ...] = (
    *(portable(kind, dtype, reason, lower) for kind in _SIGMOIDS for dtype, reason, lower in _SIGMOID_ROWS),
    portable("LEAKY_RELU", _S8, why_not(_S8, _S8), _lower_leaky_relu_s8),
    portable("LEAKY_RELU", _S16, why_not(_S16, _S16), _lower_leaky_relu_s16),
    portable("LEAKY_RELU", _F32, why_not(_F32, _F32), _lower_leaky_relu_f32),
    portable("HARD_SWISH", _S8, _why_not_hard_swish_s8, _lower_hard_swish_s8),
    portable("HARD_SWISH", _F32, why_not(_F32, _F32), _lower_f32),
    portable("ELU", _S8, why_not(_S8, _S8), _lower_elu_s8),
    portable("ELU", _F32, why_not(_F32, _F32), _lower_f32),
)
