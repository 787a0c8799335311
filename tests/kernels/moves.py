"""Strategies for operators that move values: joining, cutting, turning, renaming dimensions."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from profiler.graph.options import ConcatenationOptions, NoOptions, SqueezeOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import int32_constant, scales, tensor, zero_points
from tests.support.tflite_builder import TensorSpec, constant_tensor

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
def concatenation(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """CONCATENATION of one to ten tensors along any axis, now and then one of them a constant."""
    shape = draw(st.lists(st.integers(1, 8), min_size=1, max_size=5).map(tuple))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    place = axis % len(shape)
    lengths = draw(st.lists(st.sampled_from([1, 2, 3, 4, 8, 9, 16]), min_size=1, max_size=10))
    quantized = draw(quantizations(dtype))
    parts = [(*shape[:place], length, *shape[place + 1 :]) for length in lengths]
    inputs = [tensor(part, dtype, *quantized) for part in parts]
    if draw(st.integers(0, 3)) == 0 and len(parts) > 1:
        inputs[-1] = _constant(parts[-1], dtype, quantized)
    return OperatorCase(
        kind="CONCATENATION",
        options=ConcatenationOptions(axis=axis),
        inputs=tuple(inputs),
        output=tensor((*shape[:place], sum(lengths), *shape[place + 1 :]), dtype, *quantized),
    )


def _constant(shape: tuple[int, ...], dtype: str, quantized: Quantized) -> TensorSpec:
    values = np.random.default_rng(len(shape)).integers(-128, 127, shape, endpoint=True)
    return constant_tensor(values.astype(dtype), *quantized)
