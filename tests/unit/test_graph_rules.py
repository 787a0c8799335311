"""Consistency: every supported kind passes when TFLM runs it, and what would give wrong numbers is named."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.errors import ProfilerError, UnsupportedModelError
from profiler.graph.check import check, require_supported
from profiler.graph.hybrid import hybrid_operators
from profiler.graph.operators import OPERATOR_KINDS, macs
from profiler.graph.options import (
    Activation,
    ConcatenationOptions,
    FullyConnectedOptions,
    LeakyReluOptions,
    MulOptions,
    Padding,
    ReduceOptions,
    SequenceLstmOptions,
    SoftmaxOptions,
    SqueezeOptions,
    StridedSliceOptions,
)
from profiler.graph.tflite_reader import read
from tests.support.operator_cases import (
    ADD,
    CONCATENATION,
    CONV,
    DENSE,
    DEPTHWISE,
    DEQUANTIZE,
    ELU,
    EXPAND_DIMS,
    FLOAT_CONV,
    FLOAT_LSTM,
    FOUR,
    HARD_SWISH,
    LEAKY_RELU,
    LOGISTIC,
    LSTM,
    MAXIMUM,
    MEAN,
    MUL,
    PAD,
    PADV2,
    POOL,
    POOL_OPTIONS,
    PRELU,
    QUANTIZE,
    RELU,
    RELU6,
    RESHAPE,
    RESIZE,
    RUNS,
    SAME,
    SLICE,
    SOFTMAX,
    SQUEEZE,
    STRIDED_SLICE,
    SUB,
    TANH,
    TILE,
    TRANSPOSE,
    TRANSPOSE_CONV,
    WIDE_CONV,
    WIDE_LSTM,
    Case,
    activation,
    int8_weights,
    int32_bias,
    integers,
    lstm_with,
    real,
    run_in_tflm,
    wide,
)
from tests.support.sequence_lstm import variable
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model, constant_tensor, specs_of


def test_every_supported_kind_has_a_case_that_runs():
    assert {case.kind for case in RUNS.values()} == set(OPERATOR_KINDS)


@pytest.mark.parametrize("name", RUNS)
def test_what_tflm_runs_is_supported(name):
    model = RUNS[name].build()
    run_in_tflm(model)
    graph = read(model)
    assert check(graph) == ()
    require_supported(graph)
    assert macs(graph, graph.operators[0]) is not None


def conv_with(**changes) -> Case:
    return replace(CONV, options=replace(SAME, **changes))


REFUSED: dict[str, tuple[Case, str]] = {
    "kind": (replace(RELU, kind="COS"), "this operator is not supported"),
    "activation": (conv_with(activation=Activation.TANH), "fused activation tanh is not supported"),
    "clamp out of reach": (
        replace(conv_with(activation=Activation.RELU6), output=activation(1, 5, 3, 4, scale=1e-9)),
        "too small for a clamp at 6",
    ),
    "relu6 out of reach": (
        replace(RELU6, inputs=(activation(2, 3, scale=1e-9),), output=activation(2, 3, scale=1e-9)),
        "too small for a clamp at 6",
    ),
    "relu6 beyond int16": (
        replace(RELU6, inputs=(wide(2, 3, scale=1e-4),), output=wide(2, 3, scale=1e-4)),
        "6 is no int16 there",
    ),
    "int16 with a zero point": (
        replace(RELU, inputs=(activation_tensor((2, 3), 0.1, 7, dtype="int16"),), output=wide(2, 3)),
        "int16 with zero point 7, must be 0",
    ),
    "int16 multiplier": (replace(WIDE_CONV, output=wide(1, 5, 3, 4, scale=1e-7)), "fixed-point"),
    "int16 bias type": (
        replace(WIDE_CONV, inputs=(*WIDE_CONV.inputs[:2], constant_tensor(np.zeros(4, np.int16)))),
        "bias is int16, must be int64",
    ),
    "int16 bias size": (
        replace(WIDE_CONV, inputs=(*WIDE_CONV.inputs[:2], constant_tensor(np.full(4, -(2**47), np.int64)))),
        "beyond 46 bits",
    ),
    "int16 depthwise bias": (
        replace(DEPTHWISE, inputs=(wide(1, 5, 5, 2), *DEPTHWISE.inputs[1:]), output=wide(1, 4, 3, 4)),
        "bias is int32, must be int64",
    ),
    "int16 softmax": (replace(SOFTMAX, inputs=(wide(1, 10),), output=wide(1, 10)), "softmax has 1/32768"),
    "int16 softmax input": (
        replace(SOFTMAX, inputs=(wide(1, 10, scale=3.0),), output=wide(1, 10, scale=1 / 32768)),
        "too large for fixed-point",
    ),
    "stride": (conv_with(stride_w=0), "must be positive"),
    "dilation": (conv_with(dilation_h=-1), "must be positive"),
    "padding": (conv_with(padding=Padding.VALID), "output has shape [1, 5, 3, 4], must have [1, 3, 2, 4]"),
    "grouped": (replace(CONV, inputs=(activation(1, 5, 6, 6), *CONV.inputs[1:])), "a grouped convolution"),
    "channels": (replace(CONV, inputs=(activation(1, 5, 6, 4), *CONV.inputs[1:])), "take 3 channels, the input has 4"),
    "conv rank": (replace(CONV, inputs=(activation(5, 6, 3), *CONV.inputs[1:])), "must have 4 dimensions"),
    "conv axis": (
        replace(CONV, inputs=(CONV.inputs[0], int8_weights(4, 3, 3, 3, scales=(0.1,) * 3, axis=3))),
        "3 scales along axis 3, must have 4 along axis 0",
    ),
    "weight zero point": (
        replace(CONV, inputs=(CONV.inputs[0], replace(CONV.inputs[1], zero_points=(0, 1, 0, 0)))),
        "zero point that is not 0",
    ),
    "weights at run time": (
        replace(CONV, inputs=(CONV.inputs[0], replace(CONV.inputs[1], data=None))),
        "is computed at run time",
    ),
    "weights without scale": (
        replace(CONV, inputs=(CONV.inputs[0], replace(CONV.inputs[1], scales=()))),
        "weights are int8 without scale",
    ),
    "bias length": (replace(CONV, inputs=(*CONV.inputs[:2], int32_bias(3, 0.1))), "bias has 3 values for 4"),
    "bias type": (
        replace(CONV, inputs=(*CONV.inputs[:2], constant_tensor(np.zeros(4, np.int64)))),
        "bias is int64, must be int32",
    ),
    "bias scale": (
        replace(CONV, inputs=(*CONV.inputs[:2], int32_bias(4, [0.001, 0.02, 0.003, 0.004]))),
        "bias scale 0.02 of channel 1",
    ),
    "multiplier": (replace(CONV, output=activation(1, 5, 3, 4, scale=1e-13), inputs=CONV.inputs[:2]), "fixed-point"),
    "infinite weights": (
        replace(FLOAT_CONV, inputs=(real(1, 5, 6, 3), constant_tensor(np.full((4, 3, 3, 3), np.inf, np.float32)))),
        "infinite",
    ),
    "output type": (replace(CONV, output=real(1, 5, 3, 4)), "output is float32, must be int8"),
    "activation per channel": (
        replace(CONV, output=replace(CONV.output, scales=FOUR, zero_points=(0,) * 4, axis=3)),
        "output is quantized per channel",
    ),
    "activation without scale": (replace(CONV, output=replace(CONV.output, scales=())), "output is int8 without scale"),
    "multiplier of channels": (
        replace(DEPTHWISE, options=replace(DEPTHWISE.options, depth_multiplier=3)),
        "times depth multiplier 3",
    ),
    "no depth multiplier": (
        replace(DEPTHWISE, options=replace(DEPTHWISE.options, depth_multiplier=0)),
        "times depth multiplier 0",
    ),
    "transpose conv shape": (
        replace(TRANSPOSE_CONV, inputs=(integers(1, 6, 6, 4), *TRANSPOSE_CONV.inputs[1:])),
        "its shape [1, 6, 6, 4] is not [1, 6, 5, 4]",
    ),
    "transpose conv type of shape": (
        replace(TRANSPOSE_CONV, inputs=(constant_tensor(np.ones(4, np.int64)), *TRANSPOSE_CONV.inputs[1:])),
        "the output's shape is int64, must be int32",
    ),
    "transpose conv input": (
        replace(
            TRANSPOSE_CONV,
            inputs=(*TRANSPOSE_CONV.inputs[:2], activation(1, 2, 5, 3), TRANSPOSE_CONV.inputs[3]),
        ),
        "input has shape [1, 2, 5, 3], must have [1, 3, 5, 3]",
    ),
    "transpose conv channels": (
        replace(
            TRANSPOSE_CONV,
            inputs=(integers(1, 6, 5, 5), *TRANSPOSE_CONV.inputs[1:3]),
            output=activation(1, 6, 5, 5, scale=0.2),
        ),
        "4 filters make 5 output channels",
    ),
    "transpose conv stride": (
        replace(TRANSPOSE_CONV, options=replace(TRANSPOSE_CONV.options, stride_w=0)),
        "must be positive",
    ),
    "transpose conv int16 bias": (
        replace(
            RUNS["transpose conv int16"],
            inputs=(*RUNS["transpose conv int16"].inputs[:3], int32_bias(4, [0.001 * s for s in FOUR])),
        ),
        "bias is int32, must be int64",
    ),
    "transpose conv input type": (
        replace(
            TRANSPOSE_CONV,
            inputs=(*TRANSPOSE_CONV.inputs[:2], activation_tensor((1, 3, 5, 3), 0.1, dtype="uint8")),
        ),
        "input is uint8, supported are int8, int16, float32",
    ),
    "depth": (replace(DENSE, inputs=(activation(2, 5), *DENSE.inputs[1:])), "not made of rows of 6"),
    "units": (replace(DENSE, output=activation(2, 6)), "is not 2 rows of 5 units"),
    "shuffled weights": (replace(DENSE, options=FullyConnectedOptions(weights_format=1)), "stored shuffled"),
    "dense weights rank": (
        replace(DENSE, inputs=(DENSE.inputs[0], int8_weights(5, 6, 1, scales=0.05))),
        "must have 2 dimensions",
    ),
    "one input": (replace(DENSE, inputs=DENSE.inputs[:1]), "has 1 inputs, must have 2 to 3"),
    "add shapes": (replace(ADD, inputs=(ADD.inputs[0], activation(1, 4, 3, 2))), "do not broadcast"),
    "add rank": (
        replace(ADD, inputs=(activation(1, 2, 1, 1, 2), activation(1, 1, 1, 1, 2)), output=activation(1, 2, 1, 1, 2)),
        "more than 4 dimensions",
    ),
    "add types": (replace(ADD, inputs=(ADD.inputs[0], real(1, 4, 4, 2))), "second input is float32"),
    "add scales": (replace(ADD, output=activation(1, 4, 4, 2, scale=1e-7)), "times the output scale"),
    "sub shapes": (replace(SUB, inputs=(SUB.inputs[0], activation(4, 4, 3))), "do not broadcast"),
    "sub scales": (replace(SUB, output=activation(1, 4, 4, 2, scale=1e-7)), "times the output scale"),
    "mul activation": (
        replace(MUL, options=MulOptions(activation=Activation.TANH)),
        "fused activation tanh is not supported",
    ),
    "mul types": (replace(MUL, inputs=(MUL.inputs[0], wide(1, 4, 4, 2))), "second input is int16"),
    "mul scales": (replace(MUL, output=activation(1, 4, 4, 2, scale=1e-7)), "product of the input scales"),
    "int16 mul scales": (
        replace(MUL, inputs=(wide(2, 3), wide(2, 3)), output=wide(2, 3, scale=9e-7)),
        "product of the input scales",
    ),
    "pool scale": (replace(POOL, output=activation(1, 3, 3, 2, scale=0.2)), "a pool does not rescale"),
    "pool zero point": (replace(POOL, output=activation(1, 3, 3, 2, zero=0)), "a pool does not rescale"),
    "pool filter": (replace(POOL, options=replace(POOL_OPTIONS, filter_h=0)), "must be positive"),
    "pool shape": (replace(POOL, output=activation(1, 3, 2, 2)), "must have [1, 3, 3, 2]"),
    "mean axis": (replace(MEAN, inputs=(MEAN.inputs[0], integers(1, 4))), "axes [1, 4] of an input with 4 dimensions"),
    "mean shape": (replace(MEAN, options=ReduceOptions(keep_dims=True)), "must have [1, 1, 1, 3]"),
    "mean axis type": (
        replace(MEAN, inputs=(MEAN.inputs[0], constant_tensor(np.asarray([1, 2], np.int64)))),
        "the list of axes is int64",
    ),
    "mean of scales far apart": (replace(MEAN, output=activation(1, 3, scale=1e-12)), "fixed-point"),
    "pad negative": (
        replace(PAD, inputs=(PAD.inputs[0], integers(0, 0, -1, 2, 0, 1, 0, 0, shape=(4, 2)))),
        "paddings [0, 0, -1",
    ),
    "pad shape": (replace(PAD, output=activation(1, 5, 5, 1)), "must have [1, 5, 4, 1]"),
    "pad scale": (replace(PAD, output=activation(1, 5, 4, 1, scale=0.3)), "padding does not rescale"),
    "pad value scale": (
        replace(PADV2, inputs=(*PAD.inputs, constant_tensor(np.asarray([7], np.int8), 0.3))),
        "padding does not rescale",
    ),
    "pad values": (
        replace(PADV2, inputs=(*PAD.inputs, constant_tensor(np.asarray([7, 7], np.int8), 0.1, -3))),
        "must have 1",
    ),
    "reshape size": (replace(RESHAPE, output=activation(1, 5)), "not the same number of values"),
    "reshape scale": (replace(RESHAPE, output=activation(1, 6, scale=1.0)), "reshaping does not rescale"),
    "reshape at run time": (
        replace(RESHAPE, inputs=(RESHAPE.inputs[0], activation_tensor((2,), dtype="int32"))),
        "computed at run time",
    ),
    "squeeze size": (
        replace(SQUEEZE, options=SqueezeOptions(axes=(1,))),
        "removes dimensions [1] of [1, 2, 1, 3]",
    ),
    "squeeze axis": (replace(SQUEEZE, options=SqueezeOptions(axes=(4,))), "removes dimensions [4]"),
    "squeeze shape": (replace(SQUEEZE, output=activation(2, 3)), "must have [2, 1, 3]"),
    "squeeze scale": (replace(SQUEEZE, output=activation(2, 1, 3, scale=0.3)), "does not rescale"),
    "expand dims axis": (
        replace(EXPAND_DIMS, inputs=(activation(1, 2, 3), integers(4))),
        "new axis [4] of an output with 4 dimensions",
    ),
    "expand dims shape": (replace(EXPAND_DIMS, output=activation(1, 2, 3, 1)), "must have [1, 2, 1, 3]"),
    "concatenation scale": (
        replace(CONCATENATION, inputs=(activation(1, 2, 3, 4), activation(1, 2, 1, 4, scale=0.100001))),
        "concatenation does not rescale",
    ),
    "concatenation zero point": (
        replace(CONCATENATION, inputs=(activation(1, 2, 3, 4, zero=0), activation(1, 2, 1, 4))),
        "concatenation does not rescale",
    ),
    "concatenation shape": (
        replace(CONCATENATION, inputs=(activation(1, 2, 3, 4), activation(1, 2, 4))),
        "[1, 2, 3, 4], [1, 2, 4] along axis -2 do not make up [1, 2, 4, 4]",
    ),
    "concatenation size": (replace(CONCATENATION, output=activation(1, 2, 5, 4)), "do not make up [1, 2, 5, 4]"),
    "concatenation axis": (
        replace(CONCATENATION, options=ConcatenationOptions(axis=4)),
        "joins along axis 4 of 4 dimensions",
    ),
    "concatenation types": (
        replace(CONCATENATION, inputs=(activation(1, 2, 3, 4), real(1, 2, 1, 4))),
        "input 1 is float32, must be int8",
    ),
    "concatenation activation": (
        replace(CONCATENATION, options=ConcatenationOptions(axis=-2, activation=Activation.RELU)),
        "fused activation relu is not supported for concatenations",
    ),
    "concatenation of eleven": (
        replace(CONCATENATION, inputs=(activation(1, 2, 1, 4),) * 11, output=activation(1, 2, 11, 4)),
        "has 11 inputs, at most 10",
    ),
    "concatenation without an input": (
        replace(CONCATENATION, inputs=(CONCATENATION.inputs[0], None)),
        "one of its inputs is absent",
    ),
    "concatenation rank": (
        replace(CONCATENATION, inputs=(activation(*(1,) * 7),) * 2, output=activation(1, 1, 1, 1, 1, 2, 1)),
        "has 7 dimensions, at most 6",
    ),
    "strided slice scale": (
        replace(STRIDED_SLICE, output=activation(1, 2, 5, 3, scale=0.2)),
        "it does not rescale",
    ),
    "strided slice shape": (replace(STRIDED_SLICE, output=activation(1, 2, 4, 3)), "must have [1, 2, 5, 3]"),
    "strided slice of nothing": (
        replace(STRIDED_SLICE, inputs=(*STRIDED_SLICE.inputs[:2], integers(1, 1, -7, 0), STRIDED_SLICE.inputs[3])),
        "takes 0 elements from 1 on, in steps of 2, of the 5 of dimension 1",
    ),
    "strided slice steps": (
        replace(STRIDED_SLICE, inputs=(*STRIDED_SLICE.inputs[:3], integers(1, 2, 0, 1))),
        "steps [1, 2, 0, 1] must not be 0",
    ),
    "strided slice begins": (
        replace(STRIDED_SLICE, inputs=(STRIDED_SLICE.inputs[0], integers(0, 1, -2), *STRIDED_SLICE.inputs[2:])),
        "has 3 begins for 4 dimensions",
    ),
    "strided slice type of ends": (
        replace(
            STRIDED_SLICE,
            inputs=(*STRIDED_SLICE.inputs[:2], constant_tensor(np.zeros(4, np.int64)), STRIDED_SLICE.inputs[3]),
        ),
        "its list of ends is int64, must be int32",
    ),
    "strided slice with new axes": (
        replace(STRIDED_SLICE, options=StridedSliceOptions(end_mask=8, new_axis_mask=1)),
        "which TFLM ignores",
    ),
    "strided slice that drops backwards": (
        replace(STRIDED_SLICE, output=activation(1, 2, 3), options=StridedSliceOptions(end_mask=8, shrink_axis_mask=4)),
        "backwards along a dimension that it drops",
    ),
    "strided slice rank": (
        replace(
            STRIDED_SLICE,
            inputs=(activation(1, 1, 1, 1, 2), *(integers(0, 0, 0, 0, 0),) * 2, integers(1, 1, 1, 1, 1)),
            output=activation(1, 1, 1, 1, 2),
            options=StridedSliceOptions(end_mask=31),
        ),
        "has 5 dimensions, at most 4",
    ),
    "slice out of the input": (
        replace(SLICE, inputs=(*SLICE.inputs[:2], integers(1, -1, 6, 3)), output=activation(1, 3, 6, 3)),
        "takes 6 elements from 1 on, in steps of 1, of the 6 of dimension 2",
    ),
    "slice shape": (replace(SLICE, output=activation(1, 3, 3, 3)), "must have [1, 3, 4, 3]"),
    "slice sizes": (replace(SLICE, inputs=(*SLICE.inputs[:2], integers(1, -1, 4))), "has 3 sizes for 4 dimensions"),
    "transpose order": (
        replace(TRANSPOSE, inputs=(TRANSPOSE.inputs[0], integers(0, 3, 1, 1))),
        "[0, 3, 1, 1] is no order of 4 dimensions",
    ),
    "transpose shape": (replace(TRANSPOSE, output=activation(1, 3, 6, 5)), "must have [1, 3, 5, 6]"),
    "transpose rank": (
        replace(
            TRANSPOSE,
            inputs=(activation(1, 1, 1, 1, 2, 1), integers(0, 1, 2, 3, 4, 5)),
            output=activation(1, 1, 1, 1, 2, 1),
        ),
        "has 6 dimensions, at most 5",
    ),
    "tile of a longer dimension": (
        replace(TILE, inputs=(TILE.inputs[0], integers(1, 2, 1, 1, 1)), output=activation(1, 8, 1, 5, 2)),
        "only dimensions of size 1 can be repeated",
    ),
    "tile shape": (replace(TILE, output=activation(1, 4, 2, 5, 2)), "must have [1, 4, 3, 5, 2]"),
    "tile repetitions": (
        replace(TILE, inputs=(TILE.inputs[0], integers(1, 1, 3, 1))),
        "has 4 repetitions for 5 dimensions",
    ),
    "resize rank": (replace(RESIZE, inputs=(activation(4, 5, 2), integers(8, 3))), "must have 4 dimensions"),
    "resize size": (replace(RESIZE, inputs=(RESIZE.inputs[0], integers(8, 3, 2))), "has shape [3], must have [2]"),
    "resize shape": (replace(RESIZE, output=activation(1, 8, 4, 2)), "must have [1, 8, 3, 2]"),
    "softmax scale": (replace(SOFTMAX, output=activation(1, 10, scale=1 / 255, zero=-128)), "softmax has 1/256"),
    "softmax zero point": (replace(SOFTMAX, output=activation(1, 10, scale=1 / 256, zero=0)), "softmax has 1/256"),
    "softmax beta": (replace(SOFTMAX, options=SoftmaxOptions(beta=0.0)), "beta is 0"),
    "softmax input scale": (replace(SOFTMAX, inputs=(activation(1, 10, scale=1e-9),)), "too small"),
    "logistic scale": (
        replace(LOGISTIC, output=activation(2, 3, zero=-128)),
        "the logistic function has 1/256 and -128",
    ),
    "logistic zero point": (replace(LOGISTIC, output=activation(2, 3, scale=1 / 256)), "has 1/256 and -128"),
    "logistic shape": (replace(LOGISTIC, inputs=(activation(3, 2),)), "output has shape [2, 3]"),
    "logistic input scale": (replace(LOGISTIC, inputs=(activation(2, 3, scale=1e-9),)), "outside what fixed-point"),
    "int16 logistic": (
        replace(LOGISTIC, inputs=(wide(2, 3),), output=wide(2, 3, scale=2**-14)),
        "the logistic function has 1/32768",
    ),
    "int16 logistic input scale": (
        replace(LOGISTIC, inputs=(wide(2, 3, scale=2.7),), output=wide(2, 3, scale=1 / 32768)),
        "outside what fixed-point",
    ),
    "tanh scale": (replace(TANH, output=activation(2, 3, scale=1 / 127, zero=0)), "tangent has 1/128 and 0"),
    "leaky relu shape": (replace(LEAKY_RELU, output=activation(3, 2)), "output has shape [3, 2]"),
    "leaky relu alpha": (replace(LEAKY_RELU, options=LeakyReluOptions(alpha=float("nan"))), "alpha is nan"),
    "leaky relu steep": (replace(LEAKY_RELU, options=LeakyReluOptions(alpha=1e12)), "alpha × input scale"),
    "leaky relu scales": (replace(LEAKY_RELU, output=activation(2, 3, scale=1e-12)), "fixed-point"),
    "hard swish scales": (replace(HARD_SWISH, output=activation(2, 3, scale=7e-4)), "must be 0.0078125 to 127.8"),
    "hard swish input scale": (
        replace(HARD_SWISH, inputs=(activation(2, 3, scale=2e6),), output=activation(2, 3, scale=2e6)),
        "outside what fixed-point",
    ),
    "hard swish int16": (replace(HARD_SWISH, inputs=(wide(2, 3),), output=wide(2, 3)), "supported are int8, float32"),
    "elu int16": (replace(ELU, inputs=(wide(2, 3),), output=wide(2, 3)), "supported are int8, float32"),
    "elu scales": (replace(ELU, output=activation(2, 3, scale=1e-9)), "fixed-point"),
    "prelu shape": (replace(PRELU, output=activation(1, 4, 2, 2)), "must have [1, 4, 4, 2]"),
    "prelu alphas": (replace(PRELU, inputs=(PRELU.inputs[0], int8_weights(3, scales=0.01))), "do not broadcast"),
    "prelu grows": (
        replace(PRELU, inputs=(activation(4, 1, 2), int8_weights(4, 4, 2, scales=0.01)), output=activation(4, 4, 2)),
        "must have [4, 1, 2]",
    ),
    "prelu types": (replace(PRELU, inputs=(PRELU.inputs[0], wide(2))), "alpha is int16, must be int8"),
    "prelu scales": (replace(PRELU, output=activation(1, 4, 4, 2, scale=1e-6)), "input scale ÷ output scale"),
    "prelu alpha scale": (
        replace(PRELU, inputs=(PRELU.inputs[0], int8_weights(2, scales=1e6))),
        "input scale × alpha scale",
    ),
    "maximum scale": (replace(MAXIMUM, output=activation(1, 4, 4, 2, scale=0.2)), "MAXIMUM does not rescale"),
    "maximum zero point": (
        replace(MAXIMUM, inputs=(MAXIMUM.inputs[0], activation(1, 4, 4, 2, zero=3))),
        "MAXIMUM does not rescale",
    ),
    "maximum shapes": (replace(MAXIMUM, inputs=(MAXIMUM.inputs[0], activation(4, 4, 3))), "do not broadcast"),
    "relu shape": (replace(RELU, output=activation(3, 2)), "output has shape [3, 2]"),
    "relu6 scale": (replace(RELU6, output=activation(2, 3, scale=0.2)), "RELU6 does not rescale"),
    "quantize to uint8": (
        replace(QUANTIZE, output=activation_tensor((2, 3), 0.1, dtype="uint8")),
        "output is uint8, must be int8",
    ),
    "quantize uint8": (
        replace(QUANTIZE, inputs=(activation_tensor((2, 3), 0.1, dtype="uint8"),)),
        "input is uint8, supported are int8, int16, float32",
    ),
    "dequantize float": (replace(DEQUANTIZE, inputs=(real(2, 3),)), "input is float32, must be int8"),
    "lstm inputs": (replace(LSTM, inputs=LSTM.inputs[:20]), "has 20 inputs, must have 24"),
    "lstm with peepholes": (lstm_with(10, constant_tensor(np.ones(5, np.int16), 0.01)), "has peepholes"),
    "lstm with a projection": (lstm_with(16, int8_weights(5, 5, scales=0.01)), "has a projection"),
    "lstm with normalization": (lstm_with(21, constant_tensor(np.ones(5, np.int16), 0.01)), "normalizes its gates"),
    "lstm without an input gate": (lstm_with(12, None, lstm_with(5, None, lstm_with(1, None))), "coupled"),
    "lstm without a gate's weights": (lstm_with(3, None), "inputs 3 are absent"),
    "lstm without state": (lstm_with(19, None), "inputs 19 are absent"),
    "lstm with diagonal weights": (
        replace(LSTM, options=SequenceLstmOptions(diagonal_recurrent_weights=True)),
        "has diagonal recurrent weights",
    ),
    "lstm activation": (
        replace(LSTM, options=SequenceLstmOptions(activation=Activation.RELU)),
        "has relu where an LSTM has tanh",
    ),
    "lstm with an initial state": (lstm_with(18, activation(1, 5, scale=1 / 128, zero=2)), "must be a variable"),
    "lstm with a constant state": (lstm_with(18, int8_weights(1, 5, scales=1 / 128)), "must be a variable"),
    "lstm with variable weights": (lstm_with(1, variable((5, 3), "int8", 0.01)), "input 1"),
    "lstm weights at run time": (lstm_with(1, activation(5, 3, zero=0)), "input 1"),
    "lstm rank": (lstm_with(0, activation(4, 3)), "input has shape [4, 3], must have 3 dimensions"),
    "lstm weights": (lstm_with(2, int8_weights(5, 4, scales=0.01)), "weights has shape [5, 4], must have [5, 3]"),
    "lstm recurrent weights": (
        lstm_with(7, int8_weights(5, 3, scales=0.01)),
        "recurrent weights has shape [5, 3], must have [5, 5]",
    ),
    "lstm bias": (lstm_with(13, int32_bias(4, 0.001)), "bias has shape [4], must have [5]"),
    "lstm state size": (lstm_with(19, variable((1, 4), "int16", 1 / 4096)), "state has shape [1, 4], must have [1, 5]"),
    "lstm output": (
        replace(LSTM, output=activation(4, 1, 5, scale=1 / 128, zero=2)),
        "output has shape [4, 1, 5], must have [1, 4, 5]",
    ),
    "lstm input type": (lstm_with(0, real(1, 4, 3)), "bias is int32, must be float32"),
    "lstm weights type": (
        lstm_with(6, FLOAT_LSTM.inputs[6], lstm_with(5, FLOAT_LSTM.inputs[5])),
        "weights are float32 and int8, input is int8",
    ),
    "lstm weights of two types": (
        lstm_with(4, LSTM.inputs[4], FLOAT_LSTM),
        "weights are float32 and int8, input is float32",
    ),
    "lstm bias type": (lstm_with(13, constant_tensor(np.zeros(5, np.int64), 0.001)), "bias is int64, must be int32"),
    "lstm int16 bias type": (lstm_with(13, int32_bias(5, 0.00001), WIDE_LSTM), "bias is int32, must be int64"),
    "lstm hidden type": (lstm_with(18, variable((1, 5), "int16", 1 / 128)), "hidden state is int16, must be int8"),
    "lstm cell type": (lstm_with(19, variable((1, 5), "int8", 1 / 128)), "cell state is int8, must be int16"),
    "lstm output type": (replace(LSTM, output=wide(1, 4, 5)), "output is int16, must be int8"),
    "lstm per channel": (lstm_with(1, int8_weights(5, 3, scales=(*FOUR, 0.05))), "those of an LSTM have one"),
    "lstm weights zero point": (
        lstm_with(1, constant_tensor(np.ones((5, 3), np.int8), 0.01, 1)),
        "zero point that is not 0",
    ),
    "lstm weights without a scale": (lstm_with(1, constant_tensor(np.ones((5, 3), np.int8))), "without scale"),
    "lstm scales": (lstm_with(0, activation(1, 4, 3, scale=1e9)), "outside what fixed-point"),
    "lstm hidden scale": (
        replace(lstm_with(18, variable((1, 5), "int8", 1e-10, 2)), output=activation(1, 4, 5, scale=1e-10, zero=2)),
        "outside what fixed-point",
    ),
    "lstm cell scale": (lstm_with(19, variable((1, 5), "int16", 0.001)), "must be a power of two"),
    "lstm cell range": (lstm_with(19, variable((1, 5), "int16", 8.0)), "supported are 2^-29 to 2^2"),
    "lstm output scale": (replace(LSTM, output=activation(1, 4, 5, scale=1 / 64, zero=2)), "quantized differently"),
    "lstm infinite weights": (
        lstm_with(1, constant_tensor(np.full((5, 3), np.inf, np.float32)), FLOAT_LSTM),
        "infinite or no numbers",
    ),
    "state of an operator that has none": (
        replace(ADD, inputs=(ADD.inputs[0], variable((1, 4, 4, 2), "int8", 0.4, -3))),
        "a variable that keeps its value between inferences",
    ),
    "no elements": (replace(RELU, inputs=(activation(0, 3),), output=activation(0, 3)), "has no elements"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_give_wrong_numbers_is_named_with_a_hint(name):
    case, expected = REFUSED[name]
    graph = read(case.build())
    problems = check(graph)
    assert any(expected in problem.reason for problem in problems), problems
    assert all(problem.hint and problem.kind == case.kind for problem in problems)
    with pytest.raises(UnsupportedModelError, match="the model cannot be run"):
        require_supported(graph)


REFUSED_BY_TFLM_TOO = (
    "pool scale",
    "pool zero point",
    "pad shape",
    "pad value scale",
    "reshape size",
    "squeeze size",
    "expand dims axis",
    "expand dims shape",
    "strided slice shape",
    "strided slice rank",
    "transpose rank",
    "concatenation scale",
    "concatenation zero point",
    "concatenation types",
    "concatenation activation",
    "concatenation of eleven",
    "concatenation rank",
    "softmax scale",
    "softmax zero point",
    "logistic zero point",
    "hard swish scales",
    "hard swish int16",
    "elu int16",
    "int16 logistic",
    "lstm inputs",
    "lstm with peepholes",
    "lstm with a projection",
    "lstm with normalization",
    "lstm without an input gate",
    "lstm without state",
    "lstm with an initial state",
    "lstm weights",
    "lstm bias",
    "lstm state size",
    "lstm output",
    "lstm hidden type",
    "lstm cell type",
)


@pytest.mark.parametrize("name", REFUSED_BY_TFLM_TOO)
def test_tflm_refuses_it_too(name):
    with pytest.raises(RuntimeError):
        run_in_tflm(REFUSED[name][0].build())


def dense_with_bias_scale(factor: float) -> bytes:
    return replace(DENSE, inputs=(*DENSE.inputs[:2], int32_bias(5, 0.1 * 0.05 * factor))).build()


@pytest.mark.parametrize(("factor", "fits"), [(1.0, True), (2.19, True), (2.21, False), (0.0001, True), (100.0, False)])
def test_the_bias_tolerance_is_that_of_tflm(factor, fits):
    model = dense_with_bias_scale(factor)
    assert (check(read(model)) == ()) is fits
    if fits:
        run_in_tflm(model)
    else:
        with pytest.raises(RuntimeError):
            run_in_tflm(model)


def test_all_problems_are_listed_at_once():
    tensors = [activation(2, 3), activation(2, 3), activation(2, 3), activation(2, 3)]
    kinds = ("COS", "RELU", "SIN")
    operators = [OperatorSpec(kind=kind, inputs=(i,), outputs=(i + 1,)) for i, kind in enumerate(kinds)]
    graph = read(build_model(tensors=tensors, operators=operators, inputs=[0], outputs=[3]))
    assert [problem.operator for problem in check(graph)] == [0, 2]
    with pytest.raises(UnsupportedModelError, match=r"(?s)2 problems.*operator 0 \(COS\).*operator 2 \(SIN\)"):
        require_supported(graph)


def test_two_operators_do_not_share_state():
    tensors = [*(tensor for tensor in LSTM.inputs if tensor is not None), LSTM.output, LSTM.output]
    present = iter(range(15))
    inputs = tuple(-1 if tensor is None else next(present) for tensor in LSTM.inputs)
    operators = [
        OperatorSpec(kind=LSTM.kind, inputs=inputs, outputs=(output,), options=LSTM.options) for output in (15, 16)
    ]
    graph = read(build_model(tensors=tensors, operators=operators, inputs=[0], outputs=[15, 16]))
    assert [problem.reason for problem in check(graph)] == ["its state is used more than once"] * 2


@pytest.mark.parametrize(("inputs", "outputs"), [([0, 13], [15]), ([0], [15, 14])])
def test_state_is_no_input_or_output_of_the_model(inputs, outputs):
    graph = read(LSTM.build())
    tensors, operators = specs_of(graph)
    (problem,) = check(read(build_model(tensors=tensors, operators=operators, inputs=inputs, outputs=outputs)))
    assert problem.operator is None
    assert "is state of an operator" in problem.reason


def test_a_constant_output_is_a_problem_of_the_graph():
    tensors = [activation(2, 3), activation(2, 3), int8_weights(2, 3, scales=0.5)]
    model = build_model(
        tensors=tensors, operators=[OperatorSpec(kind="RELU6", inputs=(0,), outputs=(1,))], inputs=[0], outputs=[1, 2]
    )
    (problem,) = check(read(model))
    assert problem.operator is None
    assert str(problem) == "graph: output tensor 2 is a constant, no operator computes it"


SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)
CHANGES = st.one_of(
    st.fixed_dictionaries({"scales": st.tuples(st.sampled_from([1e-12, 1e-7, 1 / 256, 0.1, 0.4, 5.0, 1e6]))}),
    st.fixed_dictionaries({"zero_points": st.tuples(st.integers(-128, 127))}),
    st.fixed_dictionaries({"shape": SHAPES}),
    st.fixed_dictionaries({"dtype": st.sampled_from(["int8", "float32", "int16", "int32"]), "scales": st.just(())}),
)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_whatever_passes_the_rules_runs_in_tflm(data):
    """The rules are at least as strict as the interpreter that devices run."""
    case = RUNS[data.draw(st.sampled_from(sorted(RUNS)))]
    tensors = [*case.inputs, case.output, *case.more_outputs]
    for position in data.draw(st.sets(st.integers(0, len(tensors) - 1), max_size=2)):
        tensor = tensors[position]
        changes = data.draw(CHANGES)
        if tensor is not None and tensor.data is None:
            tensors[position] = replace(tensor, **changes)
        elif tensor is not None and "scales" in changes and "dtype" not in changes:
            tensors[position] = replace(tensor, scales=changes["scales"] * len(tensor.scales))
    given, (output, *others) = tensors[: len(case.inputs)], tensors[len(case.inputs) :]
    model = replace(case, inputs=tuple(given), output=output, more_outputs=tuple(others)).build()
    try:
        graph = read(model)
        passes = check(graph) == () and not hybrid_operators(graph)  # those TFLM does not run, and we do
    except ProfilerError:
        passes = False
    if passes:
        run_in_tflm(model)
