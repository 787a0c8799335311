"""Is the graph a graph? Order of execution, single definition, something to run: independent of operator kinds."""

from __future__ import annotations

from profiler.errors import ModelError, UnsupportedModelError
from profiler.graph.flatbuffer import DAMAGED_HINT
from profiler.graph.model import Graph

_ORDER_HINT = "Operators must be listed in the order they run; convert the model again."


def require_sound(graph: Graph) -> None:
    """Raises ModelError unless every tensor has a value exactly once and before it is used, UnsupportedModelError when
    an operator writes a variable."""
    if not graph.operators:
        raise ModelError("the model has no operator, so there is nothing to run", hint=DAMAGED_HINT)
    if not graph.inputs or not graph.outputs:
        raise ModelError("the model has no input or no output", hint=DAMAGED_HINT)
    _require_distinct(graph.inputs, "input")
    producers = _producers(graph)
    known = {tensor.index for tensor in graph.tensors if not tensor.is_activation} | set(graph.inputs)
    for operator in graph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in known:
                _fail_undefined(f"operator {operator.index} ({operator.kind})", index, producers)
        known.update(operator.outputs)
    for index in graph.outputs:
        if index not in known:
            _fail_undefined("the model's outputs", index, producers)


def _producers(graph: Graph) -> dict[int, int]:
    """Tensor → operator that computes it."""
    producers: dict[int, int] = {}
    inputs = set(graph.inputs)
    for operator in graph.operators:
        if not operator.outputs:
            raise ModelError(f"operator {operator.index} ({operator.kind}) has no output", hint=DAMAGED_HINT)
        for index in operator.outputs:
            where = f"operator {operator.index} ({operator.kind}) writes tensor {index}"
            if graph.tensors[index].is_constant:
                raise ModelError(f"{where}, which is a constant", hint=DAMAGED_HINT)
            if graph.tensors[index].is_variable:
                raise UnsupportedModelError(
                    f"{where}, which is a variable that keeps its value between inferences",
                    hint="Convert a stateless model.",
                )
            if index in inputs:
                raise ModelError(f"{where}, which is an input of the model", hint=DAMAGED_HINT)
            if index in producers:
                raise ModelError(f"{where}, which operator {producers[index]} writes too", hint=DAMAGED_HINT)
            producers[index] = operator.index
    return producers


def _require_distinct(indices: tuple[int, ...], what: str) -> None:
    seen: set[int] = set()
    for index in indices:
        if index in seen:
            raise ModelError(f"tensor {index} is listed twice as {what} of the model", hint=DAMAGED_HINT)
        seen.add(index)


def _fail_undefined(user: str, index: int, producers: dict[int, int]) -> None:
    if index in producers:
        raise ModelError(f"{user} uses tensor {index} before operator {producers[index]} computes it", hint=_ORDER_HINT)
    raise ModelError(f"{user} uses tensor {index}, which has no value: nothing computes it", hint=DAMAGED_HINT)
