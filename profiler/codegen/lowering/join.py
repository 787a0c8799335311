"""CONCATENATION, PACK: portable kernels, int8, int16 and float32, that copy a run of each input in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profiler.codegen.lowering.parts import runs_of, why_not_parts
from profiler.codegen.lowering.requirements import first_reason, required_input, tensors_typed
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered
from profiler.graph.model import DataType, Graph, Operator, Tensor
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
    sources, output = _sources(graph, operator), graph.output_tensor(operator)
    of_one = isinstance(options, PackOptions)
    yield from why_not_parts(sources, output, options.axis, names=("inputs", "output"), of_one=of_one)


def _sources(graph: Graph, operator: Operator) -> list[Tensor]:
    return [required_input(graph, operator, position) for position in range(len(operator.inputs))]


def lower(graph: Graph, operator: Operator) -> Lowered:
    """The runs of each input."""
    options = operator.options
    if not isinstance(options, ConcatenationOptions | PackOptions):
        raise TypeError(f"operator {operator.index} ({operator.kind}) has no axis")
    sources = _sources(graph, operator)
    return Lowered(
        constants=runs_of(sources, graph.output_tensor(operator), options.axis).constants,
        arguments=("output:0", *(f"input:{position}" for position in range(len(sources)))),
    )


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in ("CONCATENATION", "PACK")
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
