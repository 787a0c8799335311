"""Scales whose product float32 rounds to another multiplier of int16 sums: TFLM multiplies them in double precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from profiler.codegen.fixed_point import quantize_multiplier, reduced_multiplier
from profiler.codegen.kernels import kernels_for
from profiler.graph.options import FullyConnectedOptions, SequenceLstmOptions
from profiler.graph.tflite_reader import read
from tests.kernels.operators import OperatorCase, input_sets, model_of
from tests.kernels.quantities import tensor
from tests.kernels.rig import NativeModel, Oracle, guarded_plan, layer_with
from tests.support.sequence_lstm import lstm_inputs, variable
from tests.support.tflite_builder import constant_tensor

SOURCE_SCALE, WEIGHTS_SCALE = 9.23852167034056e-06, 0.0005021602846682072
GATE_SCALE = 2.0**-12
TERMS, OUTPUTS = 250, 40


def _reduced(product: float) -> int:
    return reduced_multiplier(quantize_multiplier(product / GATE_SCALE)[0])


def test_the_scales_are_such() -> None:
    in_float32 = float(np.float32(SOURCE_SCALE) * np.float32(WEIGHTS_SCALE))
    assert _reduced(in_float32) != _reduced(SOURCE_SCALE * WEIGHTS_SCALE)


def _lstm() -> OperatorCase:
    rng = np.random.default_rng(0)
    weights = [
        constant_tensor(rng.integers(-127, 128, (OUTPUTS, count)).astype(np.int8), WEIGHTS_SCALE)
        for count in [TERMS] * 4 + [OUTPUTS] * 4
    ]
    bias = constant_tensor(np.zeros(OUTPUTS, np.int64), SOURCE_SCALE * WEIGHTS_SCALE)
    hidden = variable((1, OUTPUTS), "int16", SOURCE_SCALE)
    return OperatorCase(
        kind="UNIDIRECTIONAL_SEQUENCE_LSTM",
        options=SequenceLstmOptions(),
        inputs=lstm_inputs(
            tensor((1, 8, TERMS), "int16", SOURCE_SCALE),
            weights,
            [bias] * 4,
            hidden,
            variable((1, OUTPUTS), "int16", 2.0**-15),
        ),
        output=tensor((1, 8, OUTPUTS), "int16", SOURCE_SCALE),
    )


def _fully_connected() -> OperatorCase:
    rng = np.random.default_rng(0)
    weights = rng.integers(-127, 128, (OUTPUTS, TERMS)).astype(np.int8)
    bias = rng.integers(-(2**30), 2**30, OUTPUTS, dtype=np.int64)
    return OperatorCase(
        kind="FULLY_CONNECTED",
        options=FullyConnectedOptions(),
        inputs=(
            tensor((1, TERMS), "int16", SOURCE_SCALE),
            constant_tensor(weights, WEIGHTS_SCALE),
            constant_tensor(bias, SOURCE_SCALE * WEIGHTS_SCALE),
        ),
        output=tensor((1, OUTPUTS), "int16", GATE_SCALE),
    )


@pytest.mark.parametrize("case", [_lstm(), _fully_connected()], ids=lambda case: case.kind)
def test_products_of_scales_are_those_of_tflm(case: OperatorCase, tmp_path: Path) -> None:
    model = model_of([case])
    graph = read(model)
    layers = [layer_with(kernels_for(case.kind, "int16")[0], graph, graph.operators[0])]
    native, oracle = NativeModel(graph, layers, guarded_plan(graph, layers), tmp_path), Oracle(model)
    for inputs in input_sets(graph, seed=1):
        np.testing.assert_array_equal(native.run(inputs)[0], oracle.run(inputs, 1)[0])
