"""What operators on two tensors, element by element with broadcasting, have in common."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.codegen.lowering.accumulation import quantization
from profiler.codegen.lowering.broadcast import Broadcast, broadcast_of
from profiler.codegen.lowering.requirements import (
    activation_known,
    quantized_per_tensor,
    required_input,
    tensors_typed,
)
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator, Quantization
from profiler.graph.options import Activation, AddOptions, MulOptions, SubOptions
from profiler.plan.model import OperatorNeeds

_WITH_ACTIVATION = {"ADD": AddOptions, "SUB": SubOptions, "MUL": MulOptions}


def pair_reasons(
    graph: Graph, operator: Operator, dtype: DataType, other: DataType | None = None
) -> Iterator[str | None]:
    """Why two operands of this type (the second perhaps of `other`) and an output cannot be walked together."""
    yield tensors_typed(graph, operator, (dtype, other or dtype), dtype)
    found = _broadcast(graph, operator)
    yield found if isinstance(found, str) else None
    if dtype is not DataType.FLOAT32:
        tensors = (required_input(graph, operator, 0), required_input(graph, operator, 1))
        yield quantized_per_tensor(*tensors, graph.output_tensor(operator))


def arithmetic_reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    """Why an ADD, SUB or MUL of tensors of this type cannot be computed: options, fused activation, operands."""
    if not isinstance(operator.options, _WITH_ACTIVATION[operator.kind]):
        yield f"has no {operator.kind} options"
    else:
        yield activation_known(fused_activation(operator))
    yield from pair_reasons(graph, operator, dtype)


def fused_activation(operator: Operator) -> Activation:
    """The fused activation of ADD, SUB or MUL. Raises TypeError for any other operator."""
    if not isinstance(operator.options, AddOptions | SubOptions | MulOptions):
        raise TypeError(f"operator {operator.index} ({operator.kind}) has no fused activation")
    return operator.options.activation


def pair_quantizations(graph: Graph, operator: Operator) -> tuple[Quantization, Quantization, Quantization]:
    """Of the operands and of the output."""
    a, b = required_input(graph, operator, 0), required_input(graph, operator, 1)
    return quantization(a), quantization(b), quantization(graph.output_tensor(operator))


def lowered_pair(graph: Graph, operator: Operator, arithmetic: tuple[Constant, ...]) -> Lowered:
    """The walk and what is done with each pair; the output may overwrite an operand that is not repeated."""
    walk = _broadcast(graph, operator)
    if isinstance(walk, str):
        raise TypeError(walk)
    elements = graph.output_tensor(operator).elements
    whole = tuple(p for p in (0, 1) if required_input(graph, operator, p).elements == elements)
    return Lowered(
        constants=(*walk.constants(), *arithmetic),
        arguments=("input:0", "input:1", "output:0"),
        needs=OperatorNeeds(in_place_inputs=whole),
    )


def _broadcast(graph: Graph, operator: Operator) -> Broadcast | str:
    a, b = required_input(graph, operator, 0), required_input(graph, operator, 1)
    return broadcast_of(a.shape, b.shape, graph.output_tensor(operator).shape)
