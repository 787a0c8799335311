"""Strategies for operators that join tensors and take them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from profiler.graph.options import ConcatenationOptions, PackOptions, SplitOptions, SplitVOptions, UnpackOptions
from tests.kernels.moves import Quantized, quantizations
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import int32_constant, tensor
from tests.support.tflite_builder import TensorSpec, constant_tensor

_LENGTHS = st.sampled_from([1, 2, 3, 4, 8, 9, 16])
_SHAPES = st.lists(st.integers(1, 8), min_size=1, max_size=5).map(tuple)


@st.composite
def concatenation(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """CONCATENATION of one to ten tensors along any axis, now and then one of them a constant."""
    shape = draw(_SHAPES)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    place = axis % len(shape)
    lengths = draw(st.lists(_LENGTHS, min_size=1, max_size=10))
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


@st.composite
def pack(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """PACK of one to twelve tensors into a new dimension anywhere, now and then one of them a constant."""
    shape, count = draw(st.lists(st.integers(1, 8), max_size=4).map(tuple)), draw(st.integers(1, 12))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    place = axis % (len(shape) + 1)
    quantized = draw(quantizations(dtype))
    inputs = [tensor(shape, dtype, *quantized) for _ in range(count)]
    if draw(st.integers(0, 3)) == 0 and count > 1:
        inputs[0] = _constant(shape, dtype, quantized)
    return OperatorCase(
        kind="PACK",
        options=PackOptions(parts=count, axis=axis),
        inputs=tuple(inputs),
        output=tensor((*shape[:place], count, *shape[place:]), dtype, *quantized),
    )


@st.composite
def unpack(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """UNPACK of any dimension, counted from either end."""
    shape, axis, place, quantized = draw(_anywhere(dtype))
    parts = [(*shape[:place], *shape[place + 1 :])] * shape[place]
    source = tensor(shape, dtype, *quantized)
    return _case("UNPACK", UnpackOptions(parts=len(parts), axis=axis), (source,), parts)


@st.composite
def split(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """SPLIT into one to seven equal parts."""
    shape, axis, place, quantized = draw(_anywhere(dtype))
    count = draw(st.integers(1, 7))
    source = tensor((*shape[:place], shape[place] * count, *shape[place + 1 :]), dtype, *quantized)
    return _case("SPLIT", SplitOptions(parts=count), (int32_constant(axis), source), [shape] * count)


@st.composite
def split_v(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """SPLIT_V into one to seven parts of any length, sometimes one length left out."""
    shape, axis, place, quantized = draw(_anywhere(dtype))
    lengths = draw(st.lists(_LENGTHS, min_size=1, max_size=7))
    source = tensor((*shape[:place], sum(lengths), *shape[place + 1 :]), dtype, *quantized)
    parts = [(*shape[:place], length, *shape[place + 1 :]) for length in lengths]
    if draw(st.booleans()):
        lengths[draw(st.integers(0, len(lengths) - 1))] = -1
    inputs = (source, int32_constant(lengths), int32_constant([axis]))
    return _case("SPLIT_V", SplitVOptions(parts=len(parts)), inputs, parts)


@st.composite
def _anywhere(draw: st.DrawFn, dtype: str) -> tuple[tuple[int, ...], int, int, Quantized]:
    """A shape, one of its axes as the model writes it and counted from the front, and a quantization."""
    shape = draw(_SHAPES)
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return shape, axis, axis % len(shape), draw(quantizations(dtype))


def _case(
    kind: str,
    options: SplitOptions | SplitVOptions | UnpackOptions,
    inputs: tuple[TensorSpec, ...],
    parts: Sequence[tuple[int, ...]],
) -> OperatorCase:
    """Outputs of these shapes, quantized as the input that is no constant."""
    source = next(spec for spec in inputs if spec.data is None)
    quantized = (source.scales[0], source.zero_points[0]) if source.scales else ()
    first, *others = (tensor(shape, source.dtype, *quantized) for shape in parts)
    return OperatorCase(kind=kind, options=options, inputs=inputs, output=first, more_outputs=tuple(others))


def _constant(shape: tuple[int, ...], dtype: str, quantized: Quantized) -> TensorSpec:
    values = np.random.default_rng(len(shape)).integers(-128, 127, shape, endpoint=True)
    return constant_tensor(values.astype(dtype), *quantized)
