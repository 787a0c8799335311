"""Strategies for operators that move values: cutting, turning, repeating, renaming dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from profiler.graph.options import (
    NoOptions,
    ResizeNearestNeighborOptions,
    SqueezeOptions,
    StridedSliceOptions,
)
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import int32_constant, scales, tensor, zero_points

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)
Quantized = tuple[float, int] | tuple[()]


@st.composite
def quantizations(draw: st.DrawFn, dtype: str) -> Quantized:
    """Scale and zero point, which moved values keep; none for float32."""
    return (draw(scales()), draw(zero_points(dtype))) if dtype != "float32" else ()


@st.composite
def squeeze(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """SQUEEZE of some dimensions of size 1, counted from either end, or of all."""
    shape = draw(st.lists(st.sampled_from([1, 1, 2, 3, 5]), min_size=2, max_size=5).map(tuple))
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    removed = draw(st.lists(st.sampled_from(ones), unique=True)) if ones else []
    axes = tuple(axis - draw(st.sampled_from([0, len(shape)])) for axis in removed)
    kept = tuple(size for axis, size in enumerate(shape) if axis not in (removed or ones))
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="SQUEEZE",
        options=SqueezeOptions(axes=axes),
        inputs=(tensor(shape, dtype, *quantized),),
        output=tensor(kept, dtype, *quantized),
    )


@st.composite
def expand_dims(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """EXPAND_DIMS anywhere, counted from either end."""
    shape = draw(shapes)
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    place = axis % (len(shape) + 1)
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="EXPAND_DIMS",
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant([axis])),
        output=tensor((*shape[:place], 1, *shape[place:]), dtype, *quantized),
    )


@st.composite
def strided_slice(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """STRIDED_SLICE forwards and backwards, with and without masks, begins and ends also from behind and too far."""
    shape = draw(shapes)
    quantized = draw(quantizations(dtype))
    axes = [draw(_axis(size)) for size in shape]
    masks = {
        name: sum(getattr(axis, name) << place for place, axis in enumerate(axes))
        for name in ("begin_mask", "end_mask", "shrink_axis_mask")
    }
    return OperatorCase(
        kind="STRIDED_SLICE",
        options=StridedSliceOptions(**masks),
        inputs=(
            tensor(shape, dtype, *quantized),
            *(int32_constant([getattr(axis, name) for axis in axes]) for name in ("begin", "end", "step")),
        ),
        output=tensor(tuple(len(axis.taken) for axis in axes if not axis.shrink_axis_mask), dtype, *quantized),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis of a slice as the model writes it, and what Python takes of it."""

    begin: int
    end: int
    step: int
    begin_mask: bool
    end_mask: bool
    shrink_axis_mask: bool
    taken: range


@st.composite
def _axis(draw: st.DrawFn, size: int) -> Axis:
    around = st.integers(-size - 2, size + 2)
    step = draw(st.sampled_from([1, 1, 1, 2, 3, -1, -2]))
    if draw(st.integers(0, 4)) == 0:
        begin = draw(st.integers(-size, size - 1))
        first = begin % size
        mask = draw(st.booleans()) and first == 0
        return Axis(
            begin=begin,
            end=draw(around),
            step=1,
            begin_mask=mask,
            end_mask=draw(st.booleans()),
            shrink_axis_mask=True,
            taken=range(first, first + 1),
        )
    begin, end = draw(around), draw(around)
    masks = draw(st.booleans()), draw(st.booleans())
    taken = range(size)[slice(None if masks[0] else begin, None if masks[1] else end, step)]
    if not taken:
        begin, end, masks, taken = draw(around), draw(around), (True, True), range(size)[::step]
    return Axis(
        begin=begin,
        end=end,
        step=step,
        begin_mask=masks[0],
        end_mask=masks[1],
        shrink_axis_mask=False,
        taken=taken,
    )


@st.composite
def slice_(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """SLICE of one to five dimensions, sizes told or left out."""
    shape = tuple(draw(st.lists(st.integers(1, 6), min_size=1, max_size=5)))
    begins = [draw(st.integers(0, size - 1)) for size in shape]
    sizes = [draw(st.integers(1, size - begin)) for size, begin in zip(shape, begins, strict=True)]
    told = [-1 if begin + size == whole else size for begin, size, whole in zip(begins, sizes, shape, strict=True)]
    told = told if draw(st.booleans()) else sizes
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="SLICE",
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(begins), int32_constant(told)),
        output=tensor(tuple(sizes), dtype, *quantized),
    )


@st.composite
def transpose(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """TRANSPOSE of one to five dimensions into any order."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 5, 8]), min_size=1, max_size=5)))
    order = draw(st.permutations(range(len(shape))))
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="TRANSPOSE",
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(order)),
        output=tensor(tuple(shape[axis] for axis in order), dtype, *quantized),
    )


@st.composite
def reverse(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """REVERSE_V2 of neighbouring dimensions among up to five, counted from either end, in any order."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 8]), min_size=1, max_size=5)))
    first = draw(st.integers(0, len(shape) - 1))
    places = draw(st.permutations(range(first, draw(st.integers(first, len(shape) - 1)) + 1)))
    axes = [place - draw(st.sampled_from([0, len(shape)])) for place in places]
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="REVERSE_V2",
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(axes)),
        output=tensor(shape, dtype, *quantized),
    )


@st.composite
def tile(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """TILE of some of the dimensions of size 1, among up to five."""
    shape = tuple(draw(st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=1, max_size=5)))
    times = [draw(st.integers(1, 4)) if size == 1 else 1 for size in shape]
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="TILE",
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(times)),
        output=tensor(tuple(n * size for n, size in zip(times, shape, strict=True)), dtype, *quantized),
    )


@st.composite
def resize_nearest_neighbor(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """RESIZE_NEAREST_NEIGHBOR up and down, by any factor, with corners or pixels' centres in place."""
    batches, height, width, depth = (draw(st.integers(1, most)) for most in (2, 9, 9, 9))
    size = (draw(st.integers(1, 20)), draw(st.integers(1, 20)))
    quantized = draw(quantizations(dtype))
    return OperatorCase(
        kind="RESIZE_NEAREST_NEIGHBOR",
        options=ResizeNearestNeighborOptions(align_corners=draw(st.booleans()), half_pixel_centers=draw(st.booleans())),
        inputs=(tensor((batches, height, width, depth), dtype, *quantized), int32_constant(size)),
        output=tensor((batches, *size, depth), dtype, *quantized),
    )
