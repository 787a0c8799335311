"""Claims about every memory plan, on random graphs."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profiler.errors import PlanError
from profiler.graph.model import Graph
from profiler.plan.lifetimes import buffers
from profiler.plan.model import OperatorNeeds
from profiler.plan.plan import plan_memory
from profiler.plan.planners import PLANNERS, branch_and_bound, place_in_order
from profiler.plan.problem import problem_of
from profiler.plan.verify import verify
from tests.support.plan_graphs import Arena, chain, graph, graphs_with_needs, operator, tensor

PLANNER_NAMES = sorted(PLANNERS)
ModelAndNeeds = tuple[Graph, dict[int, OperatorNeeds]]


@given(graphs_with_needs(), st.sampled_from(PLANNER_NAMES), st.sampled_from([1, 4, 16]))
@settings(max_examples=300, deadline=None)
def test_every_value_survives_until_its_last_reader(case: ModelAndNeeds, planner: str, alignment: int) -> None:
    model, needs = case
    plan = plan_memory(model, needs, alignment_bytes=alignment, planner=planner)
    arena = Arena(plan, model)
    arena.set_state()
    arena.infer(needs)
    arena.infer(needs)


@given(graphs_with_needs(), st.sampled_from(PLANNER_NAMES))
@settings(max_examples=200, deadline=None)
def test_two_live_placements_never_share_bytes(case: ModelAndNeeds, planner: str) -> None:
    model, needs = case
    placements = plan_memory(model, needs, planner=planner).placements
    for position, one in enumerate(placements):
        for other in placements[position + 1 :]:
            if one.first_operator <= other.last_operator and other.first_operator <= one.last_operator:
                ends = (one.offset_bytes + one.size_bytes, other.offset_bytes + other.size_bytes)
                assert max(one.offset_bytes, other.offset_bytes) >= min(ends) or 0 in (one.size_bytes, other.size_bytes)


@given(graphs_with_needs())
@settings(max_examples=150, deadline=None)
def test_plans_lie_between_the_lower_bound_and_no_planning_at_all(case: ModelAndNeeds) -> None:
    model, needs = case
    sizes = {name: plan_memory(model, needs, planner=name).arena_bytes for name in PLANNER_NAMES}
    bound = plan_memory(model, needs).lower_bound_bytes
    assert all(bound <= size <= sizes["naive"] for size in sizes.values())
    assert sizes["best"] <= min(sizes["greedy_by_size"], sizes["greedy_by_breadth"])


@given(graphs_with_needs(max_operators=3, max_bytes=9))
@settings(max_examples=100, deadline=None)
def test_branch_and_bound_finds_what_trying_every_order_finds(case: ModelAndNeeds) -> None:
    model, needs = case
    problem = problem_of(buffers(model, needs), operator_count=len(model.operators), alignment_bytes=1)
    assume(problem.count <= 6)
    orders = permutations(range(problem.count))
    optimum = min(problem.arena_bytes(place_in_order(problem, order)) for order in orders)
    assert problem.arena_bytes(branch_and_bound(problem)) == optimum


@given(graphs_with_needs(), st.sampled_from(PLANNER_NAMES))
@settings(max_examples=60, deadline=None)
def test_planning_is_deterministic(case: ModelAndNeeds, planner: str) -> None:
    model, needs = case
    assert plan_memory(model, needs, planner=planner) == plan_memory(model, needs, planner=planner)


@given(graphs_with_needs(max_operators=4), st.integers(1, 8))
@settings(max_examples=100, deadline=None)
def test_verify_refuses_a_plan_whose_value_would_be_lost(case: ModelAndNeeds, shift_bytes: int) -> None:
    """Move one tensor: whatever `verify` still accepts must still be a correct inference."""
    model, needs = case
    plan = plan_memory(model, needs, alignment_bytes=1)
    if not plan.tensor_offsets:
        return
    moved = max(plan.tensor_offsets)
    offsets = {**plan.tensor_offsets, moved: max(plan.tensor_offsets[moved] - shift_bytes, 0)}
    changed = replace(plan, tensor_offsets=offsets)
    try:
        verify(changed, model, needs)
    except PlanError:
        return
    arena = Arena(changed, model)
    arena.set_state()
    arena.infer(needs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tensor_offsets": {0: 0, 1: 4, 2: 0}}, "tensor #0 and tensor #1 are live together at operator 0"),
        ({"tensor_offsets": {0: 0, 1: 10, 2: 0}}, "not a multiple of 4"),
        ({"tensor_offsets": {0: 0, 1: 12, 2: 0}}, "outside the arena of 16 bytes"),
        ({"tensor_offsets": {0: -4, 1: 8, 2: 0}}, "outside the arena of 16 bytes"),
        ({"tensor_offsets": {0: 0, 1: 8}}, "tensor #2 is computed at run time and has no place"),
    ],
)
def test_verify_names_what_is_wrong(change: dict[str, dict[int, int]], message: str) -> None:
    model = chain([8, 8, 8])
    plan = plan_memory(model, {})
    assert plan.arena_bytes == 16
    with pytest.raises(PlanError, match=message):
        verify(replace(plan, tensor_offsets=change["tensor_offsets"]), model, {})


def test_verify_refuses_scratch_on_top_of_a_live_tensor() -> None:
    model, needs = chain([8, 8]), {0: OperatorNeeds(scratch_bytes=4)}
    plan = plan_memory(model, needs)
    with pytest.raises(PlanError, match=r"tensor #\d and scratch of operator 0"):
        verify(replace(plan, scratch_offsets={0: 4}), model, needs)
    with pytest.raises(PlanError, match="scratch memory of operator 0 has no place"):
        verify(replace(plan, scratch_offsets={}), model, needs)


def test_unknown_planner_lists_the_choices() -> None:
    with pytest.raises(PlanError, match="no planner 'magic'") as raised:
        plan_memory(chain([4, 4]), {}, planner="magic")
    assert raised.value.hint == f"choose one of: {', '.join(PLANNERS)}"


def test_alignment_must_be_a_power_of_two() -> None:
    with pytest.raises(PlanError, match="is 6 bytes"):
        plan_memory(chain([4, 4]), {}, alignment_bytes=6)


def test_the_search_meets_the_lower_bound_where_both_greedy_orders_miss_it() -> None:
    # (first operator, last operator, bytes) of seven tensors, found by a seeded search over random live ranges
    spans = [(6, 6, 24), (3, 3, 32), (0, 2, 28), (5, 6, 12), (4, 5, 4), (6, 6, 16), (3, 5, 24)]
    model = graph(
        [tensor(index, size) for index, (_, _, size) in enumerate(spans)],
        [
            operator(
                k,
                [index for index, (first, last, _) in enumerate(spans) if first < k == last],
                [index for index, (first, _, _) in enumerate(spans) if first == k],
            )
            for k in range(7)
        ],
        inputs=[],
        outputs=[],
    )
    greedy = [plan_memory(model, {}, planner=name).arena_bytes for name in ("greedy_by_size", "greedy_by_breadth")]
    plan = plan_memory(model, {})
    assert plan.arena_bytes == plan.lower_bound_bytes == 56
    assert min(greedy) == 68
