"""CONCATENATION, PACK: portable kernels, int8, int16 and float32, that copy a run of each input in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod

from profiler.codegen.lowering.requirements import first_reason, required_input, tensors_typed
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import Activation, ConcatenationOptions, PackOptions


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why values of `dtype` cannot be joined, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    options, count = operator.options, len(operator.inputs)
    if not isinstance(options, ConcatenationOptions | PackOptions):
        yield f"has no {operator.kind} options"
        return
    if not count:
        yield "has no inputs"
    yield tensors_typed(graph, operator, (dtype,) * count, dtype)
    if isinstance(options, ConcatenationOptions) and options.activation is not Activation.NONE:
        yield f"fused activation {options.activation.value} is not supported"
    output = graph.output_tensor(operator)
    if not -len(output.shape) <= options.axis < len(output.shape):
        yield f"axis {options.axis} is none of the output's {len(output.shape)}"
    axis = options.axis % len(output.shape)
    before, behind = output.shape[:axis], output.shape[axis + 1 :]
    sizes = [required_input(graph, operator, position).shape for position in range(count)]
    if isinstance(options, PackOptions):
        sizes = [(*shape[:axis], 1, *shape[axis:]) for shape in sizes]
    if any((shape[:axis], shape[axis + 1 :]) != (before, behind) for shape in sizes):
        yield f"inputs are {sizes}, must be {output.shape} but along axis {axis}"
    if sum(shape[axis] for shape in sizes) != output.shape[axis] or not output.elements:
        yield f"inputs are {sizes}, output is {output.shape}"


def lower(graph: Graph, operator: Operator) -> Lowered:
    """What is beyond the axis is one run of an input; as many turns as there is before it."""
    output, options = graph.output_tensor(operator), operator.options
    if not isinstance(options, ConcatenationOptions | PackOptions):
        raise TypeError(f"operator {operator.index} ({operator.kind}) has no axis")
    turns = prod(output.shape[: options.axis % len(output.shape)])
    positions = range(len(operator.inputs))
    lengths = tuple(required_input(graph, operator, position).elements // turns for position in positions)
    return Lowered(
        constants=int32_constants({"kTurns": turns, "kTotal": sum(lengths), "kLengths": lengths}),
        arguments=("output:0", *(f"input:{position}" for position in positions)),
    )


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in ("CONCATENATION", "PACK")
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
