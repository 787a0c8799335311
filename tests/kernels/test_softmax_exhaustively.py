"""int8 SOFTMAX on every difference two inputs can have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from profiler.codegen.kernels import kernels
from profiler.graph.options import SoftmaxOptions
from profiler.graph.tflite_reader import read
from tests.kernels.operators import OperatorCase, model_of
from tests.kernels.quantities import tensor
from tests.kernels.rig import NativeModel, Oracle, guarded_plan, layer_with

ALL_INT8 = np.arange(-128, 128, dtype=np.int8)


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_every_difference_of_two_inputs_gives_tflms_probabilities(beta: float, tmp_path: Path) -> None:
    shape = (256, 2)
    scales = [float(np.float32(scale)) for scale in (2e-4, 0.004, 0.03, 0.0625, 0.11, 0.25, 0.7, 3.0)]
    cases = [
        OperatorCase(
            kind="SOFTMAX",
            options=SoftmaxOptions(beta=beta),
            inputs=(tensor(shape, "int8", scale, 5),),
            output=tensor(shape, "int8", 1 / 256, -128),
        )
        for scale in scales
    ]
    model = model_of(cases)
    graph = read(model)
    kernel = next(row for row in kernels() if row.name == "softmax_s8_ref")
    layers = [layer_with(kernel, graph, operator) for operator in graph.operators]
    inputs = [np.stack([np.full(256, 127, np.int8), ALL_INT8], axis=1)] * len(cases)
    found = NativeModel(graph, layers, guarded_plan(graph, layers), tmp_path).run(inputs)
    for ours, theirs in zip(found, Oracle(model).run(inputs, len(cases)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_many_classes_alike_have_no_probability_each(tmp_path: Path) -> None:
    """TFLM's shift is undefined where the exponentials sum to 512 or more: its debug builds abort."""
    cases = [
        OperatorCase(
            kind="SOFTMAX",
            options=SoftmaxOptions(),
            inputs=(tensor((1, classes), "int8", 0.1, 0),),
            output=tensor((1, classes), "int8", 1 / 256, -128),
        )
        for classes in (513, 1023, 1024, 2025, 4096)
    ]
    graph = read(model_of(cases))
    kernel = next(row for row in kernels() if row.name == "softmax_s8_ref")
    layers = [layer_with(kernel, graph, operator) for operator in graph.operators]
    inputs = [np.full(case.output.shape, 7, np.int8) for case in cases]
    for ours in NativeModel(graph, layers, guarded_plan(graph, layers), tmp_path).run(inputs):
        assert (ours == -128).all()
