"""The placement problem as planners see it: numbers only, no tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profiler.plan.lifetimes import Buffer


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Buffers by number; all sizes are already rounded up to `alignment_bytes`."""

    alignment_bytes: int
    operator_count: int
    first_operators: tuple[int, ...]
    sizes_bytes: tuple[int, ...]  # the largest size of each buffer
    sizes_at: tuple[Mapping[int, int], ...]  # per buffer: operator index → bytes occupied then; only while live
    live_bytes: tuple[int, ...]  # per operator: sum of everything live then
    extents: tuple[tuple[int, ...], ...]  # see `extent`

    @property
    def count(self) -> int:
        """How many buffers there are."""
        return len(self.sizes_bytes)

    @property
    def lower_bound_bytes(self) -> int:
        """The largest sum of buffers live at one operator: no arena can be smaller."""
        return max(self.live_bytes, default=0)

    def extent(self, below: int, above: int) -> int:
        """How far apart `above` must start when it lies over `below`; 0 when the two are never live together."""
        return self.extents[below][above]

    def arena_bytes(self, offsets: Sequence[int]) -> int:
        """Size of the arena that these offsets need."""
        return max((offset + size for offset, size in zip(offsets, self.sizes_bytes, strict=True)), default=0)


def problem_of(buffers: Sequence[Buffer], *, operator_count: int, alignment_bytes: int) -> Problem:
    """The problem of placing these buffers at multiples of `alignment_bytes`."""
    sizes_at = tuple(_sizes_at(buffer, alignment_bytes) for buffer in buffers)
    operators = range(max(operator_count, 1))
    return Problem(
        alignment_bytes=alignment_bytes,
        operator_count=len(operators),
        first_operators=tuple(buffer.first_operator for buffer in buffers),
        sizes_bytes=tuple(round_up(buffer.size_bytes, alignment_bytes) for buffer in buffers),
        sizes_at=sizes_at,
        live_bytes=tuple(sum(sizes.get(operator, 0) for sizes in sizes_at) for operator in operators),
        extents=tuple(tuple(_extent(below, above) for above in sizes_at) for below in sizes_at),
    )


def round_up(value: int, multiple: int) -> int:
    """The smallest multiple of `multiple` that is not below `value`."""
    return -(-value // multiple) * multiple


def _sizes_at(buffer: Buffer, alignment_bytes: int) -> dict[int, int]:
    return {
        operator: round_up(span.size_bytes, alignment_bytes)
        for span in buffer.spans
        for operator in range(span.first_operator, span.last_operator + 1)
    }


def _extent(below: Mapping[int, int], above: Mapping[int, int]) -> int:
    return max((size for operator, size in below.items() if above.get(operator, 0) > 0), default=0)
