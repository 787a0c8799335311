"""Can this version run the graph, and if not, why not: all reasons at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from profiler.errors import UnsupportedModelError
from profiler.graph.model import Graph
from profiler.graph.operators import findings

_LISTED_PROBLEMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason. `operator` is None, and `kind` empty, when it concerns the graph as a whole."""

    operator: int | None
    kind: str
    reason: str
    hint: str

    def __str__(self) -> str:
        place = "graph" if self.operator is None else f"operator {self.operator} ({self.kind})"
        return f"{place}: {self.reason}"


def check(graph: Graph) -> tuple[Problem, ...]:
    """Everything in the graph that cannot be run, in order of execution; empty when all of it can.

    Whether a kernel exists for a given core is decided later, by kernel choice.
    """
    return (*_whole_graph(graph), *_operators(graph))


def require_supported(graph: Graph) -> None:
    """Raises UnsupportedModelError that lists every problem, with the first one's hint."""
    problems = check(graph)
    if not problems:
        return
    listed = [f"  {problem}" for problem in problems[:_LISTED_PROBLEMS]]
    if len(problems) > _LISTED_PROBLEMS:
        listed.append(f"  and {len(problems) - _LISTED_PROBLEMS} more")
    noun = "problem" if len(problems) == 1 else "problems"
    raise UnsupportedModelError(
        "\n".join([f"the model cannot be run, {len(problems)} {noun}:", *listed]), hint=problems[0].hint
    )


def _operators(graph: Graph) -> Iterator[Problem]:
    for operator in graph.operators:
        for finding in findings(graph, operator):
            yield Problem(operator=operator.index, kind=operator.kind, reason=finding.reason, hint=finding.hint)


def _whole_graph(graph: Graph) -> Iterator[Problem]:
    for index in graph.outputs:
        if graph.tensors[index].is_constant:
            yield _of_graph(
                f"output tensor {index} is a constant, no operator computes it", "Remove the output from the model."
            )
    for index in (*graph.inputs, *graph.outputs):
        if graph.tensors[index].is_variable:
            yield _of_graph(
                f"tensor {index}, an input or output of the model, is state of an operator",
                "Remove it from the model's inputs and outputs.",
            )
    for index in graph.inputs:
        if graph.tensors[index].is_constant:
            yield _of_graph(f"input tensor {index} is a constant", "Remove the input from the model.")


def _of_graph(reason: str, hint: str) -> Problem:
    return Problem(operator=None, kind="", reason=reason, hint=hint)
