"""Consistency of operators that join tensors and take them apart: what contradicts itself is named."""

from dataclasses import replace

import numpy as np
import pytest

from profiler.graph.check import check
from profiler.graph.options import PackOptions, SplitOptions, UnpackOptions
from profiler.graph.tflite_reader import read
from profiler.graph.unscaled import unscaled_operators, unscaled_warnings
from tests.support.operator_cases import PACK, RELU, REVERSE, SPLIT, SPLIT_V, UNPACK, activation, integers, real
from tests.support.tflite_builder import activation_tensor, constant_tensor

REFUSED = {
    "pack axis": (replace(PACK, options=PackOptions(parts=2, axis=3)), "its new dimension is number 3 of 3"),
    "pack shape": (replace(PACK, output=activation(2, 3, 2)), "must have [2, 2, 3]"),
    "pack of two shapes": (
        replace(PACK, inputs=(activation(2, 3), activation(3, 2))),
        "input 1 has shape [3, 2], must have [2, 3]",
    ),
    "pack scale": (replace(PACK, inputs=(activation(2, 3), activation(2, 3, scale=0.2))), "it does not rescale"),
    "pack types": (replace(PACK, inputs=(activation(2, 3), real(2, 3))), "input 1 is float32, must be int8"),
    "pack of three": (
        replace(PACK, options=PackOptions(parts=3, axis=-2)),
        "has 2 inputs, its options tell of 3",
    ),
    "pack without an input": (replace(PACK, inputs=(activation(2, 3), None)), "one of its inputs is absent"),
    "split axis": (
        replace(SPLIT, inputs=(integers(2), SPLIT.inputs[1])),
        "splits along axis 2 of 2 dimensions",
    ),
    "split axes": (replace(SPLIT, inputs=(integers(0, 1), SPLIT.inputs[1])), "splits along axes [0, 1], must be one"),
    "split axis at run time": (
        replace(SPLIT, inputs=(activation_tensor((), dtype="int32"), SPLIT.inputs[1])),
        "computed at run time",
    ),
    "split size": (
        replace(SPLIT, inputs=(SPLIT.inputs[0], activation(2, 9))),
        "[2, 4], [2, 4] along axis -1 do not make up [2, 9]",
    ),
    "split into unlike parts": (
        replace(SPLIT, output=activation(2, 5), more_outputs=(activation(2, 3),)),
        "output 1 has shape [2, 3], must have [2, 5]",
    ),
    "split scale": (replace(SPLIT, more_outputs=(activation(2, 4, scale=0.2),)), "it does not rescale"),
    "split types": (replace(SPLIT, more_outputs=(real(2, 4),)), "output 1 is float32, must be int8"),
    "split into three": (
        replace(SPLIT, options=SplitOptions(parts=3)),
        "has 2 outputs, its options tell of 3",
    ),
    "split by other lengths": (
        replace(SPLIT_V, inputs=(SPLIT_V.inputs[0], integers(4, 4), SPLIT_V.inputs[2])),
        "parts of lengths [4, 4], but its outputs have [5, 3]",
    ),
    "split by too few lengths": (
        replace(SPLIT_V, inputs=(SPLIT_V.inputs[0], integers(8), SPLIT_V.inputs[2])),
        "parts of lengths [8], but its outputs have [5, 3]",
    ),
    "split by lengths of another type": (
        replace(SPLIT_V, inputs=(SPLIT_V.inputs[0], constant_tensor(np.ones(2, np.float32)), SPLIT_V.inputs[2])),
        "its lengths are float32, must be int32",
    ),
    "unpack axis": (
        replace(UNPACK, options=UnpackOptions(parts=2, axis=3)),
        "takes apart axis 3 of 3 dimensions",
    ),
    "unpack count": (
        replace(UNPACK, options=UnpackOptions(parts=2, axis=0)),
        "has 2 outputs for 3 elements of dimension 0",
    ),
    "unpack shape": (
        replace(UNPACK, more_outputs=(activation(3, 1, 4),)),
        "output 1 has shape [3, 1, 4], must have [3, 4]",
    ),
    "relu with two outputs": (replace(RELU, more_outputs=(activation(2, 3),)), "has 2 outputs, must have 1"),
    "reverse shape": (replace(REVERSE, output=activation(2, 3, 5)), "must have [2, 5, 3]"),
    "reverse axis": (replace(REVERSE, inputs=(REVERSE.inputs[0], integers(3))), "reverses dimensions [3] of 3"),
    "reverse one twice": (
        replace(REVERSE, inputs=(REVERSE.inputs[0], integers(1, -2))),
        "reverses dimensions [1, -2] of 3",
    ),
    "reverse far apart": (
        replace(REVERSE, inputs=(REVERSE.inputs[0], integers(0, 2))),
        "reverses dimensions [0, 2], which are no neighbours",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_contradicts_itself_is_named_with_a_hint(name: str) -> None:
    case, expected = REFUSED[name]
    problems = check(read(case.build()))
    assert any(expected in problem.reason for problem in problems), problems
    assert all(problem.hint and problem.kind == case.kind for problem in problems)


def test_a_reversal_to_another_scale_is_run_with_a_warning() -> None:
    same, other = read(REVERSE.build()), read(replace(REVERSE, output=activation(2, 5, 3, scale=0.2)).build())
    assert unscaled_warnings(same) == ()
    assert check(other) == ()
    assert [operator.index for operator in unscaled_operators(other)] == [0]
    (warning,) = unscaled_warnings(other)
    assert "REVERSE_V2 (operators 0)" in warning
