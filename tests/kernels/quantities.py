"""Strategies for what every operator has: sizes, quantization parameters, constant values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from profiler.graph.options import Activation
from tests.support.tflite_builder import TensorSpec, activation_tensor, constant_tensor

activations = st.sampled_from([Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1])
_ZERO_POINTS = st.one_of(st.sampled_from([-128, 0, 127]), st.integers(-128, 127))
# Around every multiple of the widths kernels work in: one below, at, one above.
channels = st.one_of(st.integers(1, 10), st.sampled_from([12, 15, 16, 17, 31, 32, 33]))
seeds = st.integers(0, 2**32 - 1)


def zero_points(dtype: str) -> st.SearchStrategy[int]:
    """Zero points of a tensor; those of int16 are 0."""
    return _ZERO_POINTS if dtype == "int8" else st.just(0)


def scales(low: float = 0.001, high: float = 0.5) -> st.SearchStrategy[float]:
    """Scales as a model file holds them: float32."""
    return st.floats(np.log(low), np.log(high)).map(lambda exponent: float(np.float32(np.exp(exponent))))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccumulatedLayer:
    """The tensors of an operator that sums weight * input: what the quantization of a layer needs, drawn together."""

    weights: TensorSpec
    bias: TensorSpec | None
    input_scale: float
    input_zero_point: int
    output_scale: float
    output_zero_point: int


@st.composite
def accumulated_quantized(
    draw: st.DrawFn,
    shape: tuple[int, ...],
    *,
    axis: int,
    terms: int,
    per_channel: bool | None = None,
    dtype: str = "int8",
) -> AccumulatedLayer:
    """int8 weights of `shape` with one scale or one per index of `axis`; `terms` products make one output.

    int16 activations go with an int64 bias, as the converter writes it."""
    count = shape[axis]
    rng = np.random.default_rng(draw(seeds))
    per_channel = draw(st.booleans()) if per_channel is None else per_channel
    per_channel = per_channel and count > 1
    step = 1 if dtype == "int8" else 256  # int16 values are that much larger
    input_scale = draw(scales(0.001 / step, 0.5 / step))
    weight_scales = np.exp(rng.uniform(np.log(0.0005), np.log(0.05), count if per_channel else 1)).astype(np.float32)
    # From outputs that all saturate (multipliers above one) to outputs that hardly move.
    spread = draw(st.sampled_from([0.001, 0.02, 0.3, 1.0, 8.0]))
    product_scales = np.float32(input_scale) * weight_scales
    output_scale = float(np.float32(product_scales.max() * np.sqrt(terms) * 60 * spread))
    if dtype == "int16":
        # Multipliers below 2^7 and clamps at 6 within 31 bits are what is defined.
        output_scale = float(np.float32(max(output_scale, float(product_scales.max()) / 100.0, 1e-8)))
    extreme = draw(st.booleans())
    values = rng.choice([-128, -127, 127], shape) if extreme else rng.integers(-128, 127, shape, endpoint=True)
    bias = constant_tensor(
        (step * rng.integers(-20000 * terms, 20000 * terms, count, endpoint=True)).astype(
            np.int32 if dtype == "int8" else np.int64
        ),
        product_scales,
    )
    return AccumulatedLayer(
        weights=constant_tensor(values.astype(np.int8), weight_scales, axis=axis),
        bias=bias if draw(st.integers(0, 4)) else None,
        input_scale=input_scale,
        input_zero_point=draw(zero_points(dtype)),
        output_scale=output_scale,
        output_zero_point=draw(zero_points(dtype)),
    )


@st.composite
def accumulated_f32(draw: st.DrawFn, shape: tuple[int, ...], *, axis: int) -> tuple[TensorSpec, TensorSpec | None]:
    """float32 weights of `shape` and a bias, or none."""
    rng = np.random.default_rng(draw(seeds))
    bias = constant_tensor(rng.normal(size=shape[axis]).astype(np.float32))
    return constant_tensor(rng.normal(size=shape).astype(np.float32) * 0.3), bias if draw(st.integers(0, 4)) else None


def tensor(shape: tuple[int, ...], dtype: str, scale: float = 0.0, zero_point: int = 0) -> TensorSpec:
    """A run-time tensor; float32 ones are not quantized."""
    if dtype == "float32":
        return activation_tensor(shape, dtype=dtype)
    return activation_tensor(shape, scale, zero_point, dtype=dtype)


def int32_constant(values: npt.ArrayLike) -> TensorSpec:
    """An int32 constant without quantization: axes, paddings, shapes."""
    return constant_tensor(np.asarray(values, dtype=np.int32))
