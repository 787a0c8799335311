"""Float32 operators with int8 weights compute what TFLM computes with the same weights as float32."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from profiler.accuracy.interpreter_process import for_tflm
from profiler.codegen.kernels import kernels
from profiler.graph.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    Padding,
    SequenceLstmOptions,
    TransposeConvOptions,
)
from profiler.graph.tflite_reader import read
from tests.kernels.operators import OperatorCase, input_sets, model_of
from tests.kernels.quantities import int32_constant, tensor
from tests.kernels.rig import NativeModel, Oracle, guarded_plan, layer_with
from tests.support.sequence_lstm import lstm_inputs, variable
from tests.support.tflite_builder import TensorSpec, constant_tensor

RELATIVE_TOLERANCE = 1e-5  # of the largest output: the scale is multiplied once per sum, not once per weight


def _cases() -> list[OperatorCase]:
    rng = np.random.default_rng(7)

    def weights(shape: tuple[int, ...], axis: int, scale_count: int) -> TensorSpec:
        values = rng.integers(-127, 128, shape).astype(np.int8)
        return constant_tensor(values, rng.uniform(0.001, 0.02, scale_count), axis=axis)

    def bias(count: int) -> TensorSpec:
        return constant_tensor(rng.normal(size=count).astype(np.float32))

    image = tensor((1, 6, 5, 4), "float32")
    window = {"padding": Padding.SAME, "stride_h": 1, "stride_w": 2}
    steps, state = tensor((1, 5, 6), "float32"), variable((1, 7), "float32")
    gates = [weights((7, width), 0, 1) for width in (6, 6, 6, 6, 7, 7, 7, 7)]
    floats = [constant_tensor(rng.normal(0, 0.3, (7, 7)).astype(np.float32)) for _ in range(4)]
    lstm = OperatorCase(
        kind="UNIDIRECTIONAL_SEQUENCE_LSTM",
        options=SequenceLstmOptions(cell_clip=10.0),
        inputs=lstm_inputs(steps, gates, [bias(7) for _ in range(4)], state, state),
        output=tensor((1, 5, 7), "float32"),
    )
    return [
        lstm,
        replace(lstm, inputs=(*lstm.inputs[:5], *floats, *lstm.inputs[9:])),  # as where these are few
        OperatorCase(
            kind="CONV_2D",
            options=Conv2DOptions(**window),
            inputs=(image, weights((6, 3, 3, 4), 0, 6), bias(6)),
            output=tensor((1, 6, 3, 6), "float32"),
        ),
        OperatorCase(
            kind="DEPTHWISE_CONV_2D",
            options=DepthwiseConv2DOptions(**window, depth_multiplier=2),
            inputs=(image, weights((1, 3, 3, 8), 3, 8), bias(8)),
            output=tensor((1, 6, 3, 8), "float32"),
        ),
        OperatorCase(
            kind="TRANSPOSE_CONV",
            options=TransposeConvOptions(**window),
            inputs=(int32_constant((1, 6, 10, 6)), weights((6, 3, 3, 4), 0, 6), image, bias(6)),
            output=tensor((1, 6, 10, 6), "float32"),
        ),
        OperatorCase(
            kind="FULLY_CONNECTED",
            options=FullyConnectedOptions(),
            inputs=(tensor((2, 33), "float32"), weights((7, 33), 0, 1), bias(7)),
            output=tensor((2, 7), "float32"),
        ),
    ]


def _in_float(case: OperatorCase) -> OperatorCase:
    return replace(case, inputs=tuple(map(_spec_in_float, case.inputs)))


def _spec_in_float(spec: TensorSpec | None) -> TensorSpec | None:
    if spec is None or spec.dtype != "int8":
        return spec
    shape = [1] * len(spec.shape)
    shape[spec.axis] = -1
    values = np.asarray(spec.data) * np.array(spec.scales, np.float32).reshape(shape)
    return constant_tensor(values.astype(np.float32))


@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.kind)
def test_int8_weights_equal_the_same_weights_in_float(case: OperatorCase, tmp_path: Path) -> None:
    graph = read(model_of([case]))
    kernel = next(row for row in kernels() if row.kind == case.kind and row.dtype == "float32")
    layers = [layer_with(kernel, graph, graph.operators[0])]
    assert layers[0].lowered.blobs[0].c_type == "int8_t", "the weights stay int8 in flash"
    native = NativeModel(graph, layers, guarded_plan(graph, layers), tmp_path)
    oracle, rewritten = Oracle(model_of([_in_float(case)])), Oracle(for_tflm(model_of([case])))
    for inputs in input_sets(graph, seed=3):
        expected = oracle.run(inputs, 1)[0]
        np.testing.assert_array_equal(rewritten.run(inputs, 1)[0], expected)
        tolerance = RELATIVE_TOLERANCE * np.abs(expected).max()
        np.testing.assert_allclose(native.run(inputs)[0], expected, rtol=0, atol=tolerance)
