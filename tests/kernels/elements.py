"""Strategies for operators that work element by element, and for those that only move elements."""

from __future__ import annotations

from math import prod

import numpy as np
from hypothesis import strategies as st

from profiler.graph.options import AddOptions, LeakyReluOptions, MulOptions, NoOptions, ReshapeOptions, SubOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import activations, int32_constant, scales, tensor, zero_points
from tests.support.tflite_builder import TensorSpec, constant_tensor

_OPTIONS = {"ADD": AddOptions, "SUB": SubOptions, "MUL": MulOptions}
shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)


@st.composite
def pair(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """ADD, SUB or MUL of equal shapes, of broadcast ones, and with a constant."""
    a, b, output = draw(broadcast_shapes())
    scale_a, ratio = draw(scales()), draw(st.sampled_from([1.0, 1.0, 0.01, 0.3, 2.7, 100.0]))
    scale_b, zero_b = float(np.float32(scale_a * ratio)), draw(zero_points(dtype))
    if kind == "MUL":  # for int16 the multiplier is below 1
        ratios = [0.01, 0.6, 3.0, 50.0, 2000.0] if dtype == "int8" else [1.1, 2.0, 300.0, 3e4, 1e8]
        scale = max(1e-8, scale_a * scale_b * draw(st.sampled_from(ratios)))  # clamps at 6 stay within 31 bits
    else:
        scale = max(scale_a, scale_b) * draw(st.sampled_from([0.05, 1.0, 2.0, 9.0]))
    first, second = tensor(a, dtype, scale_a, draw(zero_points(dtype))), tensor(b, dtype, scale_b, zero_b)
    if draw(st.integers(0, 3)) == 0:
        second = constant(b, dtype, scale_b, zero_b)
    elif draw(st.integers(0, 3)) == 0:
        first = constant(a, dtype, scale_a, draw(zero_points(dtype)))
    return OperatorCase(
        kind=kind,
        options=_OPTIONS[kind](activation=draw(activations)),
        inputs=(first, second),
        output=tensor(output, dtype, float(np.float32(scale)), draw(zero_points(dtype))),
    )


@st.composite
def extreme(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """MAXIMUM or MINIMUM: all tensors are quantized alike."""
    a, b, output = draw(broadcast_shapes())
    scale, zero_point = draw(scales()), draw(zero_points(dtype))
    second = (constant if draw(st.integers(0, 3)) == 0 else tensor)(b, dtype, scale, zero_point)
    return OperatorCase(
        kind=kind,
        options=NoOptions(),
        inputs=(tensor(a, dtype, scale, zero_point), second),
        output=tensor(output, dtype, scale, zero_point),
    )


@st.composite
def prelu(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """PRELU with one alpha for all, for each channel, for each element, or computed."""
    shape = draw(shapes)
    alphas = draw(st.sampled_from([shape, shape[-1:], (1, *shape[1:]), (1,)]))
    alpha_type = "float32" if dtype == "float32" else "int8"
    alpha = (alphas, alpha_type, draw(scales(0.001, 0.03)), draw(zero_points("int8")))
    scale = draw(scales())
    ratio = draw(st.sampled_from([1.0, 1.0, 0.03, 0.4, 0.9, 1.1, 30.0]))
    return OperatorCase(
        kind="PRELU",
        options=NoOptions(),
        inputs=(
            tensor(shape, dtype, scale, draw(zero_points(dtype))),
            draw(st.sampled_from([constant, tensor]))(*alpha),
        ),
        output=tensor(shape, dtype, float(np.float32(scale * ratio)), draw(zero_points(dtype))),
    )


@st.composite
def broadcast_shapes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Two shapes and the one they broadcast to: mostly alike, else with dimensions of one repeated in the other."""
    output = draw(shapes)
    a, b = output, output
    if draw(st.integers(0, 2)) == 0:  # TFLM broadcasts up to four dimensions
        repeated = draw(st.lists(st.sampled_from("ab-"), min_size=len(output), max_size=len(output)))
        a, b = (tuple(1 if one == name else size for size, one in zip(output, repeated, strict=True)) for name in "ab")
        b = b[draw(st.integers(0, next((i for i, size in enumerate(b) if size != 1), len(b) - 1))) :]
    return a, b, output


def constant(shape: tuple[int, ...], dtype: str, scale: float, zero_point: int) -> TensorSpec:
    """Any values; float32 ones are not quantized."""
    values = np.random.default_rng(prod(shape)).integers(-128, 127, shape, endpoint=True).astype(dtype)
    return constant_tensor(values) if dtype == "float32" else constant_tensor(values, scale, zero_point)


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
def bend(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """LEAKY_RELU with any slope, HARD_SWISH, ELU: scales alike, close and far apart."""
    shape, scale = draw(shapes), draw(scales())
    ratio = draw(st.sampled_from([1.0, 1.0, 0.03, 0.4, 0.9, 1.1, 30.0]))
    alpha = draw(st.sampled_from([0.01, 0.1, 0.3, 0.0, 1.7, -0.2]))
    return OperatorCase(
        kind=kind,
        options=LeakyReluOptions(alpha=alpha) if kind == "LEAKY_RELU" else NoOptions(),
        inputs=(tensor(shape, dtype, scale, draw(zero_points(dtype))),),
        output=tensor(shape, dtype, float(np.float32(scale * ratio)), draw(zero_points(dtype))),
    )


FIXED_OUTPUTS = {"LOGISTIC": (1 / 256, -128), "TANH": (1 / 128, 0)}  # of int8; of int16 it is 1/32768


@st.composite
def sigmoid(draw: st.DrawFn, kind: str, dtype: str) -> OperatorCase:
    """LOGISTIC or TANH: inputs from all nearly 0 to all beyond saturation."""
    shape = draw(shapes)
    scale = draw(scales(1e-4, 2.0) if dtype == "int8" else scales(1e-7, 2.0))
    if dtype == "int16":
        scale = draw(
            st.sampled_from([scale, scale, 2.0**-11, 2.0**-12, 2.0**-13])
        )  # two of them have a path of their own
    quantized = FIXED_OUTPUTS[kind] if dtype == "int8" else (1 / 32768, 0)
    return OperatorCase(
        kind=kind,
        options=NoOptions(),
        inputs=(tensor(shape, dtype, scale, draw(zero_points(dtype))),),
        output=tensor(shape, dtype, *quantized),
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
