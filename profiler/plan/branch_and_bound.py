"""Exact search for a smaller arena, with a bound on its work.

Of all plans within a target take one whose offsets have the smallest sum. In it every buffer rests directly on a buffer
that is live together with it (or on the ground), so it can be built bottom up: by increasing offset, then by rank, each
buffer at its *floor*, the highest end of the placed buffers it must stay clear of. The search tree is which buffer
comes next. A branch is cut when

- an unplaced buffer would fit wholly below the next offset: the plan with it moved down has a smaller sum;
- at some operator the unplaced live buffers, stacked in order of their floors, end above the target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from profiler.plan.problem import Problem

WORK_LIMIT = 3_000_000  # buffers looked at: about a second, reached only where a plan is hard to prove optimal


def search_below(problem: Problem, start: tuple[int, ...], *, work_limit: int = WORK_LIMIT) -> tuple[int, ...]:
    """A plan never larger than `start`; optimal when the work limit was not reached."""
    best = start
    # Most models can meet the lower bound, so it is tried first, with half of the work.
    if problem.arena_bytes(best) > problem.lower_bound_bytes:
        best = _fit(problem, problem.lower_bound_bytes, work_limit // 2) or best
    while problem.arena_bytes(best) > problem.lower_bound_bytes:
        found = _fit(problem, problem.arena_bytes(best) - problem.alignment_bytes, work_limit // 2)
        if found is None:
            break
        best = found
    return best


@dataclass(slots=True)
class _Node:
    """A partial plan. `floors[b]` is where buffer b would rest, or rests."""

    placed: frozenset[int]
    floors: list[int]
    last: tuple[int, int]  # offset and rank of the buffer placed last


def _fit(problem: Problem, target_bytes: int, work_limit: int) -> tuple[int, ...] | None:
    """Offsets within `target_bytes`, or None when there are none or the work limit was reached."""
    by_rank = sorted(range(problem.count), key=lambda b: (-problem.sizes_bytes[b], problem.first_operators[b], b))
    rank = {buffer: position for position, buffer in enumerate(by_rank)}
    live = [[b for b in by_rank if problem.sizes_at[b].get(o, 0) > 0] for o in range(problem.operator_count)]
    empty = frozenset(buffer for buffer in by_rank if problem.sizes_bytes[buffer] == 0)
    work_per_node = problem.count + sum(len(buffers) for buffers in live)
    work = 0
    stack = [iter([_Node(placed=empty, floors=[0] * problem.count, last=(0, -1))])]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        if len(node.placed) == problem.count:
            return tuple(node.floors)
        work += work_per_node
        if work > work_limit:
            return None
        stack.append(_children(problem, node, target_bytes, rank, live))
    return None


def _children(
    problem: Problem, node: _Node, target_bytes: int, rank: dict[int, int], live: list[list[int]]
) -> Iterator[_Node]:
    """The nodes after placing one more buffer that can still meet the target: lowest offset, then largest first."""
    unplaced = [buffer for buffer in rank if buffer not in node.placed]
    lowest_end = min(node.floors[buffer] + problem.sizes_bytes[buffer] for buffer in unplaced)
    candidates = sorted((node.floors[buffer], rank[buffer], buffer) for buffer in unplaced)
    for offset, place, buffer in candidates:
        if (offset, place) < node.last:
            continue
        if offset >= lowest_end:
            break
        floors = node.floors.copy()
        for other in unplaced:
            extent = problem.extents[buffer][other]
            if extent and other != buffer and offset + extent > floors[other]:
                floors[other] = offset + extent
        child = _Node(placed=node.placed | {buffer}, floors=floors, last=(offset, place))
        if _can_meet(problem, child, live, target_bytes):
            yield child


def _can_meet(problem: Problem, node: _Node, live: list[list[int]], target_bytes: int) -> bool:
    """False when the unplaced buffers of some operator, each at or above its floor, cannot end within the target."""
    for operator, buffers in enumerate(live):
        end = node.last[0]
        for floor, buffer in sorted((node.floors[buffer], buffer) for buffer in buffers if buffer not in node.placed):
            end = max(end, floor) + problem.sizes_at[buffer][operator]
        if end > target_bytes:
            return False
    return True
