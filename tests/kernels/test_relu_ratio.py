"""RELU int8 rescales by a ratio taken in float64: scales whose float32 ratio is a tie tell the two apart."""

from __future__ import annotations

import numpy as np
import pytest
from tflite_micro import runtime

from profiler.codegen.fixed_point import multiply_by_quantized_multiplier
from profiler.codegen.lowering.elementwise import lower_relu
from profiler.graph.options import NoOptions
from profiler.graph.tflite_reader import read
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model

VALUES = np.arange(-128, 128, dtype=np.int8).reshape(1, 256)


@pytest.mark.parametrize(
    ("scale", "output_scale", "ratio"),
    [
        (0.11903730034828186, 0.047614920884370804, 2.5),
        (0.19889239966869354, 0.13259491324424744, 1.5),
    ],
)
@pytest.mark.parametrize("zero_point", [-128, -3, 50])
def test_relu_takes_the_ratio_of_its_scales_as_tflm_does(
    scale: float, output_scale: float, ratio: float, zero_point: int
) -> None:
    assert scale / output_scale == pytest.approx(ratio, rel=1e-6)
    model = build_model(
        tensors=[activation_tensor((1, 256), scale, zero_point), activation_tensor((1, 256), output_scale, -128)],
        operators=[OperatorSpec(kind="RELU", inputs=(0,), outputs=(1,), options=NoOptions())],
        inputs=[0],
        outputs=[1],
    )
    graph = read(model)
    constants = {each.name: int(each.value) for each in lower_relu(graph, graph.operators[0]).constants}
    rescaled = [
        multiply_by_quantized_multiplier(int(value) - zero_point, constants["kMultiplier"], constants["kShift"]) - 128
        for value in VALUES.ravel()
    ]
    interpreter = runtime.Interpreter.from_bytes(model)
    interpreter.set_input(VALUES, 0)
    interpreter.invoke()
    expected = interpreter.get_output(0).ravel()
    assert np.clip(rescaled, constants["kOutputMin"], constants["kOutputMax"]).tolist() == expected.tolist()
