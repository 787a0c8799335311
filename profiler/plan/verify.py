"""An independent check of a plan, from the graph alone: nothing here trusts how the plan was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from profiler.errors import PlanError
from profiler.graph.model import Graph
from profiler.plan.lifetimes import Lifetime, lifetimes, may_work_in_place, tensor_bytes
from profiler.plan.model import MemoryPlan, OperatorNeeds


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """Bytes [offset, end) that one tensor or scratch needs from one operator to another."""

    what: str
    tensor_index: int | None
    offset_bytes: int
    end_bytes: int
    first_operator: int
    last_operator: int


def verify(plan: MemoryPlan, graph: Graph, needs: Mapping[int, OperatorNeeds]) -> None:
    """Raise PlanError unless every tensor and scratch has aligned bytes of its own, inside the arena, while it is live.

    Two tensors may share bytes at one operator only: where the operator works in place and both start together.
    """
    alive = lifetimes(graph)
    uses = [*_tensor_uses(plan, graph, alive), *_scratch_uses(plan, needs)]
    for use in uses:
        if use.offset_bytes % plan.alignment_bytes:
            raise PlanError(f"{use.what} is at {use.offset_bytes}, not a multiple of {plan.alignment_bytes}")
        if use.offset_bytes < 0 or use.end_bytes > plan.arena_bytes:
            raise PlanError(
                f"{use.what} takes bytes {use.offset_bytes} to {use.end_bytes}, "
                f"outside the arena of {plan.arena_bytes} bytes"
            )
    for position, one in enumerate(uses):
        for other in uses[position + 1 :]:
            if not _collide(one, other):
                continue
            if not (_overwrites(graph, needs, alive, one, other) or _overwrites(graph, needs, alive, other, one)):
                raise PlanError(
                    f"{one.what} and {other.what} are live together at operator "
                    f"{max(one.first_operator, other.first_operator)} and share bytes from "
                    f"{max(one.offset_bytes, other.offset_bytes)} to {min(one.end_bytes, other.end_bytes)}"
                )


def _tensor_uses(plan: MemoryPlan, graph: Graph, alive: Mapping[int, Lifetime]) -> Iterator[_Use]:
    for index, lifetime in alive.items():
        if index not in plan.tensor_offsets:
            raise PlanError(f"tensor #{index} is computed at run time and has no place in the arena")
        offset = plan.tensor_offsets[index]
        yield _Use(
            what=f"tensor #{index}",
            tensor_index=index,
            offset_bytes=offset,
            end_bytes=offset + tensor_bytes(graph.tensors[index]),
            first_operator=lifetime.first_operator,
            last_operator=lifetime.last_operator,
        )


def _scratch_uses(plan: MemoryPlan, needs: Mapping[int, OperatorNeeds]) -> Iterator[_Use]:
    for operator, need in needs.items():
        if need.scratch_bytes <= 0:
            continue
        if operator not in plan.scratch_offsets:
            raise PlanError(f"the scratch memory of operator {operator} has no place in the arena")
        offset = plan.scratch_offsets[operator]
        yield _Use(
            what=f"scratch of operator {operator}",
            tensor_index=None,
            offset_bytes=offset,
            end_bytes=offset + need.scratch_bytes,
            first_operator=operator,
            last_operator=operator,
        )


def _collide(one: _Use, other: _Use) -> bool:
    live_together = max(one.first_operator, other.first_operator) <= min(one.last_operator, other.last_operator)
    share_bytes = max(one.offset_bytes, other.offset_bytes) < min(one.end_bytes, other.end_bytes)
    return live_together and share_bytes


def _overwrites(
    graph: Graph, needs: Mapping[int, OperatorNeeds], alive: Mapping[int, Lifetime], source: _Use, target: _Use
) -> bool:
    """Whether `target` is written over `source`, at the same offset, by an operator that may do so."""
    if source.tensor_index is None or target.tensor_index is None or source.offset_bytes != target.offset_bytes:
        return False
    if target.first_operator >= len(graph.operators):
        return False
    operator = graph.operators[target.first_operator]
    need = needs.get(operator.index, OperatorNeeds())
    return operator.outputs[:1] == (target.tensor_index,) and any(
        operator.inputs[position] == source.tensor_index and may_work_in_place(graph, operator, need, position, alive)
        for position in need.in_place_inputs
        if position < len(operator.inputs)
    )
