"""Strategies for operators that look along whole dimensions: MEAN, SOFTMAX."""

from __future__ import annotations

from math import prod

from hypothesis import strategies as st

from profiler.graph.options import ReduceOptions, SoftmaxOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import channels, int32_constant, scales, tensor, zero_points


@st.composite
def mean(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """MEAN over any axes of up to four dimensions, in any order, counted from either end, now and then twice."""
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    rank = len(shape)
    axes = draw(st.lists(st.integers(-rank, rank - 1), min_size=1, max_size=min(rank, 3)))
    if draw(st.booleans()) and rank == 4:
        axes = [1, 2]
    summed = {axis % rank for axis in axes}
    keep = draw(st.booleans())
    kept = tuple(1 if axis in summed else size for axis, size in enumerate(shape) if keep or axis not in summed)
    scale = draw(scales())
    ratio = draw(st.sampled_from([0.1, 0.5, 1.0, 1.0, 3.0]))
    return OperatorCase(
        kind="MEAN",
        options=ReduceOptions(keep_dims=keep),
        inputs=(tensor(shape, dtype, scale, draw(zero_points(dtype))), int32_constant(axes)),
        output=tensor(kept, dtype, scale * ratio, draw(zero_points(dtype))),
    )


@st.composite
def softmax(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """SOFTMAX over the last of up to four dimensions; quantized outputs are as TFLite demands."""
    shape = (*draw(st.lists(st.integers(1, 3), max_size=3)), draw(channels))
    # From all classes alike to one class takes all.
    scale = draw(scales(1e-4, 5.0))
    output = tensor(shape, dtype, 1 / 256, -128)
    if dtype == "int16":
        scale, output = draw(scales(1e-6, 0.5)), tensor(shape, dtype, 1 / 32768)
    beta = draw(st.sampled_from([1.0, 1.0, 0.5, 2.0]))
    assert prod(shape)
    return OperatorCase(
        kind="SOFTMAX",
        options=SoftmaxOptions(beta=beta),
        inputs=(tensor(shape, dtype, scale, draw(zero_points(dtype))),),
        output=output,
    )
