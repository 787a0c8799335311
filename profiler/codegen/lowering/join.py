"""CONCATENATION: portable kernels, int8, int16 and float32, that copy a run of each input in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from profiler.codegen.lowering.requirements import first_reason, options_as, required_input, tensors_typed
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Activation, ConcatenationOptions

_MOST_INPUTS = 10


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why values of `dtype` cannot be joined, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    options, count = operator.options, len(operator.inputs)
    if not isinstance(options, ConcatenationOptions):
        yield "has no CONCATENATION options"
        return
    if not 0 < count <= _MOST_INPUTS:
        yield f"has {count} inputs, must have 1 to {_MOST_INPUTS}"
    yield tensors_typed(graph, operator, (dtype,) * count, dtype)
    if options.activation is not Activation.NONE:
        yield f"fused activation {options.activation.value} is not supported"
    output = graph.output_tensor(operator)
    if not -len(output.shape) <= options.axis < len(output.shape):
        yield f"axis {options.axis} is none of the output's {len(output.shape)}"
    axis = options.axis % len(output.shape)
    sizes = [required_input(graph, operator, position).shape for position in range(count)]
    if any((*shape[:axis], *shape[axis + 1 :]) != (*output.shape[:axis], *output.shape[axis + 1 :]) for shape in sizes):
        yield f"inputs are {sizes}, must be {output.shape} but along axis {axis}"
    if sum(shape[axis] for shape in sizes) != output.shape[axis] or not output.elements:
        yield f"inputs are {sizes}, output is {output.shape}"


def lower_concatenation(graph: Graph, operator: Operator) -> Lowered:
    """What is beyond the axis is one run of an input; as many turns as there is before it."""
    output = graph.output_tensor(operator)
    axis = options_as(operator, ConcatenationOptions).axis % len(output.shape)
    return _lowered(graph, operator, turns=prod(output.shape[:axis]))


def _lowered(graph: Graph, operator: Operator, *, turns: int) -> Lowered:
    positions = range(len(operator.inputs))
    runs = [required_input(graph, operator, position).elements // turns for position in positions]
    values = {"kTurns": turns, "kRuns": sum(runs)}
    values |= {f"kRun{place}": runs[place] if place < len(runs) else 0 for place in range(_MOST_INPUTS)}
    return Lowered(
        constants=int32_constants(values),
        arguments=("output:0", *(f"input:{position}" for position in positions)),
    )


KERNELS = tuple(
    portable("CONCATENATION", dtype, why_not(dtype), lower_concatenation)
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
