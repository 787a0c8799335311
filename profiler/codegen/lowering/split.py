"""SPLIT, SPLIT_V, UNPACK: portable kernels, int8, int16 and float32, that copy a run to each output in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profiler.codegen.lowering.accumulation import int32_values
from profiler.codegen.lowering.parts import runs_of, why_not_parts
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    options_as,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import SplitOptions, SplitVOptions, UnpackOptions
from profiler.plan.model import OperatorNeeds

_SOURCE = {"SPLIT": 1, "SPLIT_V": 0, "UNPACK": 0}  # positions among the inputs
_AXIS = {"SPLIT": 0, "SPLIT_V": 2}
_OPTIONS: dict[str, type] = {"SPLIT": SplitOptions, "SPLIT_V": SplitVOptions, "UNPACK": UnpackOptions}


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why values of `dtype` cannot be taken apart, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    kind = operator.kind
    if not isinstance(operator.options, _OPTIONS[kind]):
        yield f"has no {kind} options"
    if kind in _AXIS:
        yield constant(graph, operator, _AXIS[kind])
        number = graph.input_tensor(operator, _AXIS[kind])
        if number is None or number.dtype is not DataType.INT32 or number.elements != 1:
            yield f"input {_AXIS[kind]} must be one int32, the axis"
    source = graph.input_tensor(operator, _SOURCE[kind])
    if source is None or source.dtype is not dtype:
        yield f"input {_SOURCE[kind]} must be {dtype.value}"
        return
    yield tensors_typed(graph, operator, (), dtype, several_outputs=True)
    outputs, axis = _outputs(graph, operator), _axis(graph, operator)
    yield from why_not_parts(outputs, source, axis, names=("outputs", "input"), of_one=kind == "UNPACK")


def _outputs(graph: Graph, operator: Operator) -> list[Tensor]:
    return [graph.tensors[index] for index in operator.outputs]


def _axis(graph: Graph, operator: Operator) -> int:
    if operator.kind == "UNPACK":
        return options_as(operator, UnpackOptions).axis
    return int(int32_values(required_input(graph, operator, _AXIS[operator.kind]), 0)[0])


def lower(graph: Graph, operator: Operator) -> Lowered:
    """The runs of each output. Of a single turn the first one may stay where it is."""
    position, outputs = _SOURCE[operator.kind], _outputs(graph, operator)
    runs = runs_of(outputs, required_input(graph, operator, position), _axis(graph, operator))
    return Lowered(
        constants=runs.constants,
        arguments=(f"input:{position}", *(f"output:{place}" for place in range(len(outputs)))),
        needs=OperatorNeeds(in_place_inputs=(position,) if runs.turns == 1 else ()),
    )


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in _SOURCE
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
