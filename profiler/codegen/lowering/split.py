"""SPLIT, SPLIT_V, UNPACK: portable kernels, int8, int16 and float32, that copy a run to each output in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from profiler.codegen.lowering.accumulation import int32_values
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    options_as,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
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
    axis, rank = _axis(graph, operator), len(source.shape)
    if not -rank <= axis < rank:
        yield f"axis {axis} is none of the input's {rank}"
    axis %= rank
    shapes = [graph.tensors[index].shape for index in operator.outputs]
    if kind == "UNPACK":
        shapes = [(*shape[:axis], 1, *shape[axis:]) for shape in shapes]
    before, behind = source.shape[:axis], source.shape[axis + 1 :]
    if any((shape[:axis], shape[axis + 1 :]) != (before, behind) for shape in shapes):
        yield f"outputs are {shapes}, must be {source.shape} but along axis {axis}"
    if sum(shape[axis] for shape in shapes) != source.shape[axis] or not source.elements:
        yield f"outputs are {shapes}, input is {source.shape}"


def _axis(graph: Graph, operator: Operator) -> int:
    if operator.kind == "UNPACK":
        return options_as(operator, UnpackOptions).axis
    return int(int32_values(required_input(graph, operator, _AXIS[operator.kind]), 0)[0])


def lower(graph: Graph, operator: Operator) -> Lowered:
    """What is beyond the axis is one run of an output; as many turns as there is before it.

    Of a single turn the first run may stay where it is.
    """
    position = _SOURCE[operator.kind]
    source = required_input(graph, operator, position)
    turns = prod(source.shape[: _axis(graph, operator) % len(source.shape)])
    lengths = tuple(graph.tensors[index].elements // turns for index in operator.outputs)
    return Lowered(
        constants=int32_constants({"kTurns": turns, "kTotal": sum(lengths), "kLengths": lengths}),
        arguments=(f"input:{position}", *(f"output:{place}" for place in range(len(lengths)))),
        needs=OperatorNeeds(in_place_inputs=(position,) if turns == 1 else ()),
    )


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in _SOURCE
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
