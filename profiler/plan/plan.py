"""Graph and kernel needs in, verified memory plan out."""

from __future__ import annotations

from collections.abc import Mapping

from profiler.errors import PlanError
from profiler.graph.model import Graph
from profiler.plan.lifetimes import Buffer, buffers
from profiler.plan.model import MemoryPlan, OperatorNeeds, Placement
from profiler.plan.planners import planner as planner_named
from profiler.plan.problem import problem_of
from profiler.plan.verify import verify


def plan_memory(
    graph: Graph, needs: Mapping[int, OperatorNeeds], *, alignment_bytes: int = 4, planner: str = "best"
) -> MemoryPlan:
    """Place every run-time tensor and every operator's scratch memory in one arena.

    `needs` is keyed by operator index; an absent operator needs nothing. The lower bound is counted after in-place
    merging and rounding to `alignment_bytes`. Raises PlanError for an unknown planner or a plan that fails `verify`.
    """
    if alignment_bytes < 1 or alignment_bytes & (alignment_bytes - 1):
        raise PlanError(f"the arena's alignment is {alignment_bytes} bytes, which is not a power of two")
    chosen = planner_named(planner)
    to_place = buffers(graph, needs)
    problem = problem_of(to_place, operator_count=len(graph.operators), alignment_bytes=alignment_bytes)
    offsets = chosen(problem)
    placements = _placements(to_place, offsets)
    plan = MemoryPlan(
        arena_bytes=problem.arena_bytes(offsets),
        lower_bound_bytes=problem.lower_bound_bytes,
        alignment_bytes=alignment_bytes,
        planner=planner,
        placements=placements,
        tensor_offsets={index: place.offset_bytes for place in placements for index in place.tensor_indices},
        scratch_offsets={
            place.scratch_of_operator: place.offset_bytes
            for place in placements
            if place.scratch_of_operator is not None
        },
    )
    verify(plan, graph, needs)
    return plan


def _placements(to_place: tuple[Buffer, ...], offsets: tuple[int, ...]) -> tuple[Placement, ...]:
    """One placement for each span, in order of first use: a shrunk buffer continues at the same offset."""
    placements = [
        Placement(
            tensor_indices=span.tensor_indices,
            scratch_of_operator=buffer.scratch_of_operator,
            offset_bytes=offset,
            size_bytes=span.size_bytes,
            first_operator=span.first_operator,
            last_operator=span.last_operator,
        )
        for buffer, offset in zip(to_place, offsets, strict=True)
        for span in buffer.spans
    ]
    return tuple(sorted(placements, key=lambda place: (place.first_operator, place.offset_bytes)))
