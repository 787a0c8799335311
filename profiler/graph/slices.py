"""Slices: which elements of each axis STRIDED_SLICE and SLICE take, as TFLM reads begins, ends, sizes and masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profiler.graph.options import StridedSliceOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisSlice:
    """Elements first, first + step, …, `count` of them (0 or less: none). The output has no such axis if `dropped`."""

    first: int
    step: int
    count: int
    dropped: bool = False

    def lies_in(self, size: int) -> bool:
        """Whether something is taken, and all of it from an axis of this size."""
        return self.count > 0 and 0 <= self.first < size and 0 <= self.first + (self.count - 1) * self.step < size


def strided_slices(
    shape: Sequence[int],
    begins: Sequence[int],
    ends: Sequence[int],
    steps: Sequence[int],
    options: StridedSliceOptions,
) -> tuple[AxisSlice, ...]:
    """One for each axis of `shape`; the other sequences are as long, and no step is 0. Negative begins and ends count
    from the axis' end, those beyond it are taken back to it."""
    slices = []
    for axis, (size, begin, end, step) in enumerate(zip(shape, begins, ends, steps, strict=True)):
        lowest, highest = (0, size) if step > 0 else (-1, size - 1)
        first = _clamped(begin + size if begin < 0 else begin, lowest, highest)
        if options.begin_mask >> axis & 1:
            first = 0 if step > 0 else size - 1
        stop = _clamped(end + size if end < 0 else end, lowest, highest)
        if options.end_mask >> axis & 1:
            stop = size if step > 0 else -1
        dropped = bool(options.shrink_axis_mask >> axis & 1)
        count = 1 if dropped else (stop - first + step - (1 if step > 0 else -1)) // step
        slices.append(AxisSlice(first=first, step=step, count=count, dropped=dropped))
    return tuple(slices)


def slices(shape: Sequence[int], begins: Sequence[int], sizes: Sequence[int]) -> tuple[AxisSlice, ...]:
    """One for each axis of `shape`; a size of -1 goes to the axis' end."""
    return tuple(
        AxisSlice(first=begin, step=1, count=length - begin if size == -1 else size)
        for length, begin, size in zip(shape, begins, sizes, strict=True)
    )


def sliced_shape(taken: Sequence[AxisSlice]) -> tuple[int, ...]:
    """Shape of what is taken."""
    return tuple(each.count for each in taken if not each.dropped)


def _clamped(value: int, low: int, high: int) -> int:
    return min(max(value, low), high)
