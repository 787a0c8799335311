"""Strategies for operators that work element by element, and for those that only move elements."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import strategies as st

from profiler.graph.options import AddOptions, NoOptions, ReshapeOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import activations, int32_constant, scales, tensor, zero_points
from tests.support.tflite_builder import TensorSpec, constant_tensor

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)


@st.composite
def add(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """ADD of equal shapes, of broadcast ones, and with a constant."""
    output = draw(shapes)
    a, b = output, output
    if draw(st.integers(0, 2)) == 0:  # TFLM broadcasts up to four dimensions
        repeated = draw(st.lists(st.sampled_from("ab-"), min_size=len(output), max_size=len(output)))
        a, b = (tuple(1 if one == name else size for size, one in zip(output, repeated, strict=True)) for name in "ab")
        b = b[draw(st.integers(0, next((i for i, size in enumerate(b) if size != 1), len(b) - 1))) :]
    scale_a, ratio = draw(scales()), draw(st.sampled_from([1.0, 1.0, 0.01, 0.3, 2.7, 100.0]))
    scale_b, zero_b = float(np.float32(scale_a * ratio)), draw(zero_points(dtype))
    scale = float(np.float32(max(scale_a, scale_b) * draw(st.sampled_from([0.05, 1.0, 2.0, 9.0]))))
    second = tensor(b, dtype, scale_b, zero_b)
    if draw(st.integers(0, 3)) == 0:
        rng = np.random.default_rng(prod(b))
        values = rng.integers(-128, 127, b, endpoint=True).astype(dtype)
        second = constant_tensor(values, scale_b, zero_b) if dtype != "float32" else constant_tensor(values)
    return OperatorCase(
        kind="ADD",
        options=AddOptions(activation=draw(activations)),
        inputs=(tensor(a, dtype, scale_a, draw(zero_points(dtype))), second),
        output=tensor(output, dtype, scale, draw(zero_points(dtype))),
    )


@st.composite
def rescale(draw: st.DrawFn, kind: str, source: str, output: str) -> OperatorCase:
    """RELU, RELU6, QUANTIZE, DEQUANTIZE: scales alike, close and far apart."""
    shape, scale = draw(shapes), draw(scales())
    ratio = draw(st.sampled_from([1.0, 1.0, 0.004, 0.4, 0.9, 1.1, 30.0]))
    return OperatorCase(
        kind=kind,
        options=NoOptions(),
        inputs=(tensor(shape, source, scale, draw(zero_points(source))),),
        output=tensor(shape, output, float(np.float32(scale * ratio)), draw(zero_points(output))),
    )


@st.composite
def reshape(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """RESHAPE to one dimension or to the same ones reversed."""
    shape = draw(shapes)
    target = draw(st.sampled_from([(prod(shape),), shape[::-1]]))
    quantized = (draw(scales()), draw(zero_points(dtype))) if dtype != "float32" else ()
    return OperatorCase(
        kind="RESHAPE",
        options=ReshapeOptions(new_shape=target),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(target)),
        output=tensor(target, dtype, *quantized),
    )


@st.composite
def pad(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """PAD with a real 0, PADV2 with a given value, of one to five dimensions."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=5)))
    sides = st.sampled_from([0, 0, 1, 2, 5])
    paddings = [(draw(sides), draw(sides)) for _ in shape]
    quantized = (draw(scales()), draw(zero_points(dtype))) if dtype != "float32" else ()
    value: tuple[TensorSpec, ...] = ()
    if kind == "PADV2":
        number = np.array([draw(st.integers(-128, 127))], dtype=dtype)
        value = (constant_tensor(number, *quantized),)
    return OperatorCase(
        kind=kind,
        options=NoOptions(),
        inputs=(tensor(shape, dtype, *quantized), int32_constant(paddings), *value),
        output=tensor(tuple(n + sum(p) for n, p in zip(shape, paddings, strict=True)), dtype, *quantized),
    )
