"""Work of an operator, and the output size of a sliding window, against counting by hand and LiteRT."""

from dataclasses import replace

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.graph.check import check
from profiler.graph.operators import macs, operations
from profiler.graph.options import (
    Conv2DOptions,
    Padding,
)
from profiler.graph.tflite_reader import read
from profiler.graph.window import window_output_size
from tests.support.operator_cases import (
    ADD,
    CONCATENATION,
    CONV,
    DENSE,
    DEPTHWISE,
    ELU,
    HARD_SWISH,
    LEAKY_RELU,
    LOGISTIC,
    LSTM,
    MAXIMUM,
    MEAN,
    MUL,
    PACK,
    PAD,
    POOL,
    PRELU,
    RELU,
    RESHAPE,
    RESIZE,
    REVERSE,
    SOFTMAX,
    SPLIT,
    STRIDED_SLICE,
    SUB,
    TANH,
    TRANSPOSE,
    TRANSPOSE_CONV,
    UNPACK,
    ZERO_BIAS,
    Case,
    real,
)
from tests.support.tflite_builder import constant_tensor

COUNTS: dict[str, tuple[Case, int, int]] = {
    "conv": (CONV, 5 * 3 * 4 * 27, 2 * 5 * 3 * 4 * 27 + 60),
    "depthwise": (DEPTHWISE, 4 * 3 * 4 * 6, 2 * 4 * 3 * 4 * 6 + 48),
    "transpose conv": (TRANSPOSE_CONV, 45 * 3 * 2 * 4, 2 * 45 * 3 * 2 * 4 + 120),
    "lstm": (LSTM, 4 * 4 * 5 * (3 + 5), 2 * 640 + 20 * 31),
    "dense": (DENSE, 2 * 6 * 5, 2 * 60 + 10),
    "add": (ADD, 0, 32),
    "pool": (POOL, 0, 9 * 18),
    "mean": (MEAN, 0, 60),
    "pad": (PAD, 0, 0),
    "reshape": (RESHAPE, 0, 0),
    "strided slice": (STRIDED_SLICE, 0, 0),
    "resize": (RESIZE, 0, 0),
    "transpose": (TRANSPOSE, 0, 0),
    "concatenation": (CONCATENATION, 0, 0),
    "pack": (PACK, 0, 0),
    "split": (SPLIT, 0, 0),
    "unpack": (UNPACK, 0, 0),
    "reverse": (REVERSE, 0, 0),
    "sub": (SUB, 0, 32),
    "mul": (MUL, 0, 32),
    "softmax": (SOFTMAX, 0, 50),
    "logistic": (LOGISTIC, 0, 18),
    "tanh": (TANH, 0, 24),
    "leaky relu": (LEAKY_RELU, 0, 12),
    "hard swish": (HARD_SWISH, 0, 30),
    "elu": (ELU, 0, 18),
    "prelu": (PRELU, 0, 64),
    "maximum": (MAXIMUM, 0, 32),
}


@pytest.mark.parametrize("name", COUNTS)
def test_work_is_counted(name):
    case, expected_macs, expected_operations = COUNTS[name]
    graph = read(case.build())
    assert macs(graph, graph.operators[0]) == expected_macs
    assert operations(graph, graph.operators[0]) == expected_operations


def test_work_of_an_unknown_kind_is_not_known():
    graph = read(replace(RELU, kind="COS").build())
    assert macs(graph, graph.operators[0]) is None
    assert operations(graph, graph.operators[0]) is None


@given(
    padding=st.sampled_from(Padding),
    size=st.integers(1, 40),
    filter_size=st.integers(1, 7),
    stride=st.integers(1, 5),
    dilation=st.integers(1, 3),
)
def test_a_window_has_as_many_places_as_there_are(padding, size, filter_size, stride, dilation):
    reach = (filter_size - 1) * dilation
    last = size if padding is Padding.SAME else max(0, size - reach)
    expected = len(range(0, last, stride))
    assert max(0, window_output_size(padding, size, filter_size, stride, dilation)) == expected


@settings(max_examples=40, deadline=None)
@given(
    padding=st.sampled_from(Padding),
    size=st.tuples(st.integers(7, 12), st.integers(7, 12)),
    filters=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    strides=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilations=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_the_output_shape_litert_computes_is_the_one_that_passes(padding, size, filters, strides, dilations):
    options = Conv2DOptions(
        padding=padding, stride_h=strides[0], stride_w=strides[1], dilation_h=dilations[0], dilation_w=dilations[1]
    )
    case = Case(
        kind="CONV_2D",
        inputs=(real(1, *size, 2), constant_tensor(np.ones((3, *filters, 2), np.float32)), ZERO_BIAS),
        output=real(1, 1, 1, 3),
        options=options,
    )
    interpreter = Interpreter(
        model_content=case.build(), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.allocate_tensors()
    shape = tuple(interpreter.get_output_details()[0]["shape"].tolist())
    assert check(read(replace(case, output=real(*shape)).build())) == ()
    other = (1, shape[1], shape[2] + 1, 3)
    assert check(read(replace(case, output=real(*other)).build())) != ()
