"""LOGISTIC, TANH, LEAKY_RELU, HARD_SWISH, ELU on every integer there is, and in float32 beyond what networks hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from profiler.codegen.kernels import kernels_for
from profiler.graph.options import LeakyReluOptions, NoOptions
from profiler.graph.tflite_reader import read
from tests.kernels.elements import FIXED_OUTPUTS
from tests.kernels.operators import OperatorCase, model_of
from tests.kernels.quantities import tensor
from tests.kernels.rig import Array, NativeModel, Oracle, in_place_plan, layer_with

ALL_INT8 = np.arange(-128, 128).astype(np.int8)
ALL_INT16 = np.arange(-32768, 32768).astype(np.int16)
SCALES_INT8 = (2.0**-27, 1e-6, 0.001, 0.0234, 0.0625, 0.07, 0.31, 0.9, 2.0, 7.9, 16.0)
SCALES_INT16 = (1e-13, 1e-8, 2e-5, 2.0**-13, 2.0**-12, 2.0**-12 * 1.0006, 2.0**-11, 3.3e-4, 0.01, 2.6)


def of(kind: str, dtype: str, values: Array, scale: float = 0.0, zero_point: int = 0) -> OperatorCase:
    quantized = FIXED_OUTPUTS[kind] if dtype == "int8" else (1 / 32768, 0)
    scale = float(np.float32(scale))
    return OperatorCase(
        kind=kind,
        options=NoOptions(),
        inputs=(tensor(values.shape, dtype, scale, zero_point),),
        output=tensor(values.shape, dtype, *quantized),
    )


def rescaled(kind: str, dtype: str, values: Array, rng: np.random.Generator) -> OperatorCase:
    """LEAKY_RELU, HARD_SWISH or ELU between any two scales and zero points."""
    scale = np.float32(np.exp(rng.uniform(np.log(1e-3), np.log(2))))
    scales = (float(scale), float(scale * np.float32(rng.uniform(0.1, 2))))
    zero_points = rng.integers(-128, 128, 2).tolist() if dtype == "int8" else (0, 0)
    slope = LeakyReluOptions(alpha=float(np.float32(rng.uniform(-0.3, 1.3))))
    source, output = (tensor(values.shape, dtype, *each) for each in zip(scales, zero_points, strict=True))
    return OperatorCase(
        kind=kind, options=slope if kind == "LEAKY_RELU" else NoOptions(), inputs=(source,), output=output
    )


def ours_and_tflms(cases: Iterable[OperatorCase], values: Array, folder: Path) -> list[tuple[Array, Array]]:
    """Outputs for the same input, of this project's portable kernels and of TFLM."""
    cases = list(cases)
    model = model_of(cases)
    graph = read(model)
    kernel = kernels_for(cases[0].kind, str(values.dtype))[-1]
    layers = [layer_with(kernel, graph, operator) for operator in graph.operators]
    inputs = [values] * len(cases)
    ours = NativeModel(graph, layers, in_place_plan(graph, layers), folder).run(inputs)
    return list(zip(ours, Oracle(model).run(inputs, len(cases)), strict=True))


@pytest.mark.parametrize("kind", FIXED_OUTPUTS)
def test_every_int8_gives_tflms_int8(kind: str, tmp_path: Path) -> None:
    cases = [of(kind, "int8", ALL_INT8, scale, zero) for scale in SCALES_INT8 for zero in (-128, 5, 127)]
    for case, (ours, theirs) in zip(cases, ours_and_tflms(cases, ALL_INT8, tmp_path), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=str(case))


@pytest.mark.parametrize(
    ("kind", "values", "count"),
    [("LEAKY_RELU", ALL_INT8, 60), ("HARD_SWISH", ALL_INT8, 60), ("ELU", ALL_INT8, 60), ("LEAKY_RELU", ALL_INT16, 20)],
)
def test_every_integer_between_any_scales_gives_tflms(kind: str, values: Array, count: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(len(kind))
    cases = [rescaled(kind, str(values.dtype), values, rng) for _ in range(count)]
    for case, (ours, theirs) in zip(cases, ours_and_tflms(cases, values, tmp_path), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=str(case))


@pytest.mark.parametrize("kind", FIXED_OUTPUTS)
def test_every_int16_gives_tflms_int16(kind: str, tmp_path: Path) -> None:
    cases = [of(kind, "int16", ALL_INT16, scale) for scale in SCALES_INT16]
    for case, (ours, theirs) in zip(cases, ours_and_tflms(cases, ALL_INT16, tmp_path), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg=str(case))


def plain(kind: str, values: Array) -> OperatorCase:
    specs = tensor(values.shape, "float32")
    return OperatorCase(kind=kind, options=NoOptions(), inputs=(specs,), output=specs)


CURVES = {
    "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
    "TANH": np.tanh,
    "ELU": lambda x: np.where(x < 0, np.expm1(x), x),
}
# Below -9 TFLite takes e^x for the logistic function, which is this much too large.
ABSOLUTE_ERROR = {"LOGISTIC": 2e-8}


@pytest.mark.parametrize("kind", CURVES)
def test_float32_is_near_tflm_and_the_function_itself(kind: str, tmp_path: Path) -> None:
    bounds = [0.34, 0.625, 9, 9.1, 16.62, 1e30, np.inf]
    magnitudes = np.concatenate([np.geomspace(1e-30, 87, 4000), np.linspace(0.3, 20, 4000), bounds])
    values = np.concatenate([-magnitudes, [0.0, np.nan], magnitudes]).astype(np.float32)
    ((ours, theirs),) = ours_and_tflms([plain(kind, values)], values, tmp_path)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=0)
    with np.errstate(over="ignore"):
        exact = CURVES[kind](values.astype(np.float64))
    np.testing.assert_allclose(ours, exact, rtol=1e-6, atol=ABSOLUTE_ERROR.get(kind, 0))
