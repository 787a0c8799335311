"""Operators that no kernel can run are refused with a reason, not run wrongly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from profiler.codegen.kernels import kernels_for
from profiler.graph.options import (
    Activation,
    AddOptions,
    Conv2DOptions,
    FullyConnectedOptions,
    MulOptions,
    NoOptions,
    Padding,
    Pool2DOptions,
    SoftmaxOptions,
)
from profiler.graph.tflite_reader import read
from tests.kernels.operators import OperatorCase, model_of
from tests.kernels.quantities import int32_constant, tensor
from tests.support.tflite_builder import constant_tensor

IMAGE = tensor((1, 4, 4, 2), "int8", 0.1, 3)
WEIGHTS = constant_tensor(np.ones((3, 2, 2, 2), np.int8), 0.01)
CONV = OperatorCase(
    kind="CONV_2D",
    options=Conv2DOptions(padding=Padding.VALID, stride_h=1, stride_w=1),
    inputs=(IMAGE, WEIGHTS),
    output=tensor((1, 3, 3, 3), "int8", 0.2, 0),
)
POOL = OperatorCase(
    kind="MAX_POOL_2D",
    options=Pool2DOptions(padding=Padding.VALID, stride_h=2, stride_w=2, filter_h=2, filter_w=2),
    inputs=(IMAGE,),
    output=tensor((1, 2, 2, 2), "int8", 0.1, 3),
)
SOFTMAX = OperatorCase(
    kind="SOFTMAX",
    options=SoftmaxOptions(),
    inputs=(tensor((1, 4), "int8", 0.1, 0),),
    output=tensor((1, 4), "int8", 1 / 256, -128),
)
LOGISTIC = OperatorCase(
    kind="LOGISTIC",
    options=NoOptions(),
    inputs=(tensor((1, 4), "int8", 0.1, 0),),
    output=tensor((1, 4), "int8", 1 / 256, -128),
)
PAD = OperatorCase(
    kind="PAD",
    options=NoOptions(),
    inputs=(tensor((2,), "int8", 0.1, 0), int32_constant([[1, 1]])),
    output=tensor((4,), "int8", 0.1, 0),
)
ADD = OperatorCase(
    kind="ADD",
    options=AddOptions(),
    inputs=(tensor((2, 3), "int8", 0.1, 0), tensor((2, 3), "int8", 0.1, 0)),
    output=tensor((2, 3), "int8", 0.1, 0),
)
MAXIMUM = OperatorCase(
    kind="MAXIMUM",
    options=NoOptions(),
    inputs=(tensor((2, 3), "int8", 0.1, 0), tensor((2, 3), "int8", 0.1, 0)),
    output=tensor((2, 3), "int8", 0.1, 0),
)
DENSE = OperatorCase(
    kind="FULLY_CONNECTED",
    options=FullyConnectedOptions(),
    inputs=(tensor((1, 4), "int8", 0.1, 0), constant_tensor(np.ones((3, 4), np.int8), 0.01)),
    output=tensor((1, 3), "int8", 0.1, 0),
)
SAME_CONV = Conv2DOptions(padding=Padding.VALID, stride_h=1, stride_w=1, activation=Activation.TANH)
WRONG = {
    "tanh": (replace(CONV, options=SAME_CONV), "activation tanh"),
    "weights at run time": (
        replace(CONV, inputs=(IMAGE, tensor((3, 2, 2, 2), "int8", 0.01, 0))),
        "input 1 is computed",
    ),
    "weights with a zero point": (
        replace(CONV, inputs=(IMAGE, constant_tensor(np.ones((3, 2, 2, 2), np.int8), 0.01, 1))),
        "zero point that is not 0",
    ),
    "input without scale": (replace(CONV, inputs=(tensor((1, 4, 4, 2), "int8"), WEIGHTS)), "must have one scale"),
    "groups that do not divide": (
        replace(CONV, inputs=(tensor((1, 4, 4, 3), "int8", 0.1, 3), WEIGHTS)),
        "do not divide into groups",
    ),
    "convolution of another size": (replace(CONV, output=tensor((1, 4, 4, 3), "int8", 0.2, 0)), "must be (1, 3, 3)"),
    "bias of another length": (
        replace(CONV, inputs=(IMAGE, WEIGHTS, constant_tensor(np.zeros(2, np.int32), 0.001))),
        "bias has 2 values",
    ),
    "pool that rescales": (replace(POOL, output=tensor((1, 2, 2, 2), "int8", 0.2, 3)), "quantized differently"),
    "softmax of another scale": (replace(SOFTMAX, output=tensor((1, 4), "int8", 0.01, -128)), "scale 1/256"),
    "negative beta": (replace(SOFTMAX, options=SoftmaxOptions(beta=-1.0)), "must be positive"),
    "logistic of another scale": (
        replace(LOGISTIC, output=tensor((1, 4), "int8", 1 / 256, 0)),
        "must have scale 0.00390625 and zero point -128",
    ),
    "logistic of a tiny scale": (
        replace(LOGISTIC, inputs=(tensor((1, 4), "int8", 1e-9, 0),)),
        "the input's scale is too small",
    ),
    "int16 logistic of another scale": (
        replace(LOGISTIC, inputs=(tensor((1, 4), "int16", 0.1),), output=tensor((1, 4), "int16", 0.1)),
        "must have scale 1/32768",
    ),
    "int16 logistic of a large scale": (
        replace(LOGISTIC, inputs=(tensor((1, 4), "int16", 2.7),), output=tensor((1, 4), "int16", 1 / 32768)),
        "no fixed-point multiplier",
    ),
    "negative padding": (
        replace(PAD, inputs=(PAD.inputs[0], int32_constant([[-1, 0]])), output=tensor((1,), "int8", 0.1, 0)),
        "padding is negative",
    ),
    "shapes that do not broadcast": (
        replace(ADD, inputs=(ADD.inputs[0], tensor((2, 2), "int8", 0.1, 0))),
        "do not broadcast",
    ),
    "product of a tiny scale": (
        replace(ADD, kind="MUL", options=MulOptions(), output=tensor((2, 3), "int8", 1e-7, 0)),
        "scale is too small",
    ),
    "hard swish of a tiny scale": (
        replace(LOGISTIC, kind="HARD_SWISH", output=tensor((1, 4), "int8", 5e-4, 0)),
        "scale is too small",
    ),
    "maximum of another scale": (
        replace(MAXIMUM, output=tensor((2, 3), "int8", 0.2, 0)),
        "quantized differently",
    ),
    "alphas of another type": (
        replace(MAXIMUM, kind="PRELU", inputs=(MAXIMUM.inputs[0], tensor((3,), "float32"))),
        "input 1 is float32, must be int8",
    ),
    "rows of another length": (replace(DENSE, inputs=(tensor((1, 5), "int8", 0.1, 0), DENSE.inputs[1])), "rows of 4"),
}


@pytest.mark.parametrize("case", [CONV, POOL, SOFTMAX, LOGISTIC, PAD, ADD, MAXIMUM, DENSE], ids=lambda case: case.kind)
def test_valid_operators_are_taken(case: OperatorCase) -> None:
    graph = read(model_of([case]))
    assert kernels_for(case.kind, "int8")[-1].why_not(graph, graph.operators[0]) is None


@pytest.mark.parametrize("name", WRONG)
def test_impossible_operators_are_refused_with_the_reason(name: str) -> None:
    case, reason = WRONG[name]
    graph = read(model_of([case]))
    assert case.inputs[0] is not None
    for kernel in kernels_for(case.kind, case.inputs[0].dtype):
        said = kernel.why_not(graph, graph.operators[0])
        assert said is not None, f"{kernel.name} takes it"
        assert reason in said
