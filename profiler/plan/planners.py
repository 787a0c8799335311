"""Arena planners: pure functions from buffers to offsets, all of them in `PLANNERS`.

Every planner is deterministic and bounds its work by counting it, never by a clock, so that the same model gives the
same firmware on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from profiler.errors import PlanError
from profiler.plan.branch_and_bound import search_below
from profiler.plan.problem import Problem


def planner(name: str) -> Planner:
    """The planner of that name. Raises PlanError listing the choices."""
    try:
        return PLANNERS[name]
    except KeyError:
        raise PlanError(f"there is no planner {name!r}", hint=f"choose one of: {', '.join(PLANNERS)}") from None


def naive(problem: Problem) -> tuple[int, ...]:
    """Every buffer has bytes of its own: what a model needs without any planning."""
    offsets: list[int] = []
    top = 0
    for size_bytes in problem.sizes_bytes:
        offsets.append(top)
        top += size_bytes
    return tuple(offsets)


def greedy_by_size(problem: Problem) -> tuple[int, ...]:
    """Largest buffer first, each at the lowest offset that is free throughout its life."""
    order = sorted(range(problem.count), key=lambda b: (-problem.sizes_bytes[b], problem.first_operators[b], b))
    return place_in_order(problem, order)


def greedy_by_breadth(problem: Problem) -> tuple[int, ...]:
    """The buffers of the operator with the most live bytes first (largest first), then of the next such operator."""
    operators = sorted(range(problem.operator_count), key=lambda o: (-problem.live_bytes[o], o))
    order: dict[int, None] = {}
    for operator in operators:
        live = (b for b in range(problem.count) if problem.sizes_at[b].get(operator) is not None)
        order.update(dict.fromkeys(sorted(live, key=lambda b: (-problem.sizes_bytes[b], b))))
    return place_in_order(problem, order)


def branch_and_bound(problem: Problem) -> tuple[int, ...]:
    """The better greedy plan, improved until it is proven optimal or the work budget is spent."""
    start = min((greedy_by_size(problem), greedy_by_breadth(problem)), key=problem.arena_bytes)
    return search_below(problem, start)


def best(problem: Problem) -> tuple[int, ...]:
    """The first of greedy_by_size, greedy_by_breadth, branch_and_bound that meets the lower bound, else the last."""
    for plan in (greedy_by_size, greedy_by_breadth):
        offsets = plan(problem)
        if problem.arena_bytes(offsets) == problem.lower_bound_bytes:
            return offsets
    return branch_and_bound(problem)


def place_in_order(problem: Problem, order: Iterable[int]) -> tuple[int, ...]:
    """Offsets when buffers are placed one by one, each at the lowest offset that no placed live buffer needs."""
    offsets: dict[int, int] = {}
    for buffer in order:
        offsets[buffer] = _lowest_free_offset(problem, buffer, offsets)
    return tuple(offsets[buffer] for buffer in range(problem.count))


def _lowest_free_offset(problem: Problem, buffer: int, placed: dict[int, int]) -> int:
    forbidden = sorted(
        (offset - below, offset + above)
        for other, offset in placed.items()
        for below, above in [(problem.extent(buffer, other), problem.extent(other, buffer))]
        if below > 0 and above > 0
    )
    candidate = 0
    for start, end in forbidden:  # open intervals: exactly at an end the two only touch
        if candidate <= start:
            break
        candidate = max(candidate, end)
    return candidate


Planner = Callable[[Problem], tuple[int, ...]]

PLANNERS: dict[str, Planner] = {
    "best": best,
    "greedy_by_size": greedy_by_size,
    "greedy_by_breadth": greedy_by_breadth,
    "branch_and_bound": branch_and_bound,
    "naive": naive,
}
