"""Exact search for a smaller arena, with a bound on its work.

Of all plans within a target take one whose offsets have the smallest sum. In it every buffer rests directly on a buffer
that is live together with it (or on the ground), so it can be built bottom up: by increasing offset, then by number,
each buffer at its *floor*, the highest end of the placed buffers it must stay clear of. The search tree is which buffer
comes next. A branch is cut when

- an unplaced buffer would fit wholly below the next offset: the plan with it moved down has a smaller sum;
- the placed height at some operator plus its unplaced live bytes exceeds the target: they all end up above it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from profiler.plan.problem import Problem

WORK_LIMIT = 3_000_000  # buffer and operator visits: about a second, reached only by plans hard to prove optimal


def search_below(problem: Problem, start: tuple[int, ...], *, work_limit: int = WORK_LIMIT) -> tuple[int, ...]:
    """A plan never larger than `start`; optimal when the work limit was not reached."""
    best = start
    targets = [problem.lower_bound_bytes]  # most models can meet it, so it is worth half of the work
    limit = work_limit // 2
    while problem.arena_bytes(best) > problem.lower_bound_bytes:
        target = targets.pop() if targets else problem.arena_bytes(best) - problem.alignment_bytes
        found = _fit(problem, target, limit)
        if found is not None:
            best = found
        elif limit == work_limit:
            break
        limit = work_limit
    return best


@dataclass(slots=True)
class _Node:
    """A partial plan. `floors[b]`: where buffer b would rest; `heights[o]`: the end of what is placed at operator o."""

    placed: dict[int, int]
    floors: list[int]
    heights: list[int]
    unplaced_bytes: list[int]  # per operator
    last: tuple[int, int]  # offset and number of the buffer placed last


def _fit(problem: Problem, target_bytes: int, work_limit: int) -> tuple[int, ...] | None:
    """Offsets within `target_bytes`, or None when there are none or the work limit was reached."""
    root = _Node(
        placed={buffer: 0 for buffer in range(problem.count) if problem.sizes_bytes[buffer] == 0},
        floors=[0] * problem.count,
        heights=[0] * problem.operator_count,
        unplaced_bytes=list(problem.live_bytes),
        last=(0, -1),
    )
    work_per_node = problem.count + problem.operator_count
    work = 0
    stack: list[Iterator[_Node]] = [iter([root])]
    while stack:
        node = next(stack[-1], None)
        if node is None:
            stack.pop()
            continue
        if len(node.placed) == problem.count:
            return tuple(node.placed[buffer] for buffer in range(problem.count))
        work += work_per_node
        if work > work_limit:
            return None
        stack.append(_children(problem, node, target_bytes))
    return None


def _children(problem: Problem, node: _Node, target_bytes: int) -> Iterator[_Node]:
    """The nodes after placing one more buffer that can still meet the target, most promising first."""
    unplaced = [buffer for buffer in range(problem.count) if buffer not in node.placed]
    lowest_end = min(node.floors[buffer] + problem.sizes_bytes[buffer] for buffer in unplaced)
    candidates = [
        buffer for buffer in unplaced if node.last < (node.floors[buffer], buffer) and node.floors[buffer] < lowest_end
    ]
    candidates.sort(key=lambda b: (node.floors[b], -problem.sizes_bytes[b], problem.first_operators[b], b))
    for buffer in candidates:
        child = _place(problem, node, buffer, unplaced)
        if _can_meet(problem, child, unplaced, target_bytes):
            yield child


def _place(problem: Problem, node: _Node, buffer: int, unplaced: list[int]) -> _Node:
    offset = node.floors[buffer]
    floors = node.floors.copy()
    for other in unplaced:
        extent = problem.extents[buffer][other]
        if extent and offset + extent > floors[other]:
            floors[other] = offset + extent
    heights = node.heights.copy()
    unplaced_bytes = node.unplaced_bytes.copy()
    for operator, size_bytes in problem.sizes_at[buffer].items():
        heights[operator] = offset + size_bytes
        unplaced_bytes[operator] -= size_bytes
    return _Node(
        placed={**node.placed, buffer: offset},
        floors=floors,
        heights=heights,
        unplaced_bytes=unplaced_bytes,
        last=(offset, buffer),
    )


def _can_meet(problem: Problem, node: _Node, unplaced: list[int], target_bytes: int) -> bool:
    """False when some operator or some buffer can no longer stay within the target."""
    lowest = node.last[0]
    for height, unplaced_bytes in zip(node.heights, node.unplaced_bytes, strict=True):
        if unplaced_bytes and max(height, lowest) + unplaced_bytes > target_bytes:
            return False
    return all(
        buffer in node.placed or max(node.floors[buffer], lowest) + problem.sizes_bytes[buffer] <= target_bytes
        for buffer in unplaced
    )
