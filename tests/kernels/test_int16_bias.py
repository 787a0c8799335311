"""int16 layers whose bias has 32 bits: rarer than 64 bits, and TFLite then scales sums in another way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from profiler.boards.loader import load_core
from profiler.codegen.choose import choose_layers
from profiler.graph.tflite_reader import read
from tests.kernels.operators import input_sets
from tests.kernels.rig import NativeModel, Oracle, guarded_plan
from tests.support.operator_cases import FOUR, WIDE_CONV, WIDE_DENSE, Case, wide
from tests.support.tflite_builder import TensorSpec, constant_tensor


def weights(shape: tuple[int, ...], scales: tuple[float, ...]) -> TensorSpec:
    return constant_tensor(np.random.default_rng(1).integers(-127, 128, shape).astype(np.int8), scales)


def bias(dtype: type[np.signedinteger], count: int, scales: tuple[float, ...]) -> TensorSpec:
    return constant_tensor((np.arange(count) * 77_777 - 100_000).astype(dtype), [0.001 * scale for scale in scales])


def conv(dtype: type[np.signedinteger]) -> Case:
    inputs = (WIDE_CONV.inputs[0], weights((4, 3, 3, 3), FOUR), bias(dtype, 4, FOUR))
    return replace(WIDE_CONV, inputs=inputs, output=wide(1, 5, 3, 4, scale=0.0017))


def dense(dtype: type[np.signedinteger]) -> Case:
    inputs = (WIDE_DENSE.inputs[0], weights((5, 6), (0.05,)), bias(dtype, 5, (0.05,)))
    return replace(WIDE_DENSE, inputs=inputs, output=wide(2, 5, scale=0.0017))


@pytest.mark.parametrize("make", [conv, dense])
def test_both_biases_equal_tflm_and_are_not_the_same_to_the_last_bit(make, tmp_path: Path) -> None:
    results = []
    for dtype in (np.int32, np.int64):
        model = make(dtype).build()
        graph = read(model)
        layers = choose_layers(graph, load_core("cortex-m4"))
        native = NativeModel(graph, layers, guarded_plan(graph, layers), tmp_path / dtype.__name__)
        oracle = Oracle(model)
        for inputs in input_sets(graph, seed=5, random_sets=8):
            (found,), (expected,) = native.run(inputs), oracle.run(inputs, 1)
            np.testing.assert_array_equal(found, expected)
            results.append(found)
    half = len(results) // 2
    assert any((narrow != wide_).any() for narrow, wide_ in zip(results[:half], results[half:], strict=True))
