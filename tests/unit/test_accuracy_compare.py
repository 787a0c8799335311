"""Claims about comparing outputs."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.accuracy.host_reference import compare
from profiler.accuracy.model import OutputAgreement
from profiler.graph.model import DataType, Graph, Tensor
from tests.support.plan_graphs import graph


def outputs_of(*dtypes: DataType, elements: int) -> Graph:
    tensors = [Tensor(index=index, name="", shape=(elements,), dtype=dtype) for index, dtype in enumerate(dtypes)]
    return graph(tensors, [], [], list(range(len(tensors))))


def int8(*values: int) -> bytes:
    return struct.pack(f"{len(values)}b", *values)


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def float_agreement(target: bytes, reference: bytes) -> OutputAgreement:
    model = outputs_of(DataType.FLOAT32, elements=len(reference) // 4)
    return compare([[target]], [[reference]], model, name="reference")


def test_equal_outputs_agree_to_the_bit() -> None:
    model = outputs_of(DataType.INT8, elements=3)
    agreement = compare([[int8(-128, 0, 127)]] * 2, [[int8(-128, 0, 127)]] * 2, model, name="TFLM 1")
    assert (agreement.bit_equal_share, agreement.max_lsb, agreement.max_relative) == (1.0, 0, None)
    assert (agreement.reference, agreement.input_sets, agreement.agrees) == ("TFLM 1", 2, True)
    assert agreement.outputs[0].elements == 6


def test_the_largest_difference_does_not_wrap_around() -> None:
    agreement = compare([[int8(127, 3)]], [[int8(-128, 3)]], outputs_of(DataType.INT8, elements=2), name="")
    assert (agreement.max_lsb, agreement.bit_equal_share, agreement.agrees) == (255, 0.5, False)


def test_one_last_place_in_one_output_is_a_disagreement() -> None:
    model = outputs_of(DataType.INT8, DataType.INT8, elements=1)
    agreement = compare([[int8(1), int8(2)]], [[int8(1), int8(3)]], model, name="")
    assert [output.max_lsb for output in agreement.outputs] == [0, 1]
    assert not agreement.agrees


def test_float_differences_are_relative_to_the_output_s_largest_value() -> None:
    agreement = float_agreement(floats(1e-30, 8.0 + 2**-16), floats(2e-30, 8.0))
    assert agreement.max_relative == pytest.approx(2**-19)
    assert agreement.agrees
    assert not float_agreement(floats(1.001), floats(1.0)).agrees


def test_each_inference_is_judged_by_its_own_largest_value() -> None:
    model = outputs_of(DataType.FLOAT32, elements=1)
    agreement = compare([[floats(1000.0)], [floats(1.5)]], [[floats(1000.0)], [floats(1.0)]], model, name="")
    assert agreement.max_relative == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("target", "reference", "wanted"),
    [
        (floats(math.nan), floats(math.nan), 0.0),
        (floats(math.nan), floats(1.0), math.inf),
        (floats(1.0), floats(math.inf), math.inf),
        (floats(1e-20), floats(0.0), math.inf),
        (floats(-0.0), floats(0.0), 0.0),
        (floats(math.inf, 2.0), floats(math.inf, 1.0), 1.0),
    ],
)
def test_special_values_have_a_defined_difference(target: bytes, reference: bytes, wanted: float) -> None:
    assert float_agreement(target, reference).max_relative == wanted


def test_a_wrong_number_of_bytes_or_sets_is_no_comparison() -> None:
    model = outputs_of(DataType.INT8, elements=2)
    with pytest.raises(ValueError, match="1 bytes against 2"):
        compare([[int8(1)]], [[int8(1, 2)]], model, name="")
    with pytest.raises(ValueError, match="longer"):
        compare([[int8(1, 2)]], [[int8(1, 2)], [int8(1, 2)]], model, name="")
    with pytest.raises(ValueError, match="2 outputs"):
        compare([[int8(1, 2), int8(1, 2)]], [[int8(1, 2)]], model, name="")


@given(st.lists(st.tuples(st.integers(-128, 127), st.integers(-128, 127)), min_size=1, max_size=50))
def test_differences_are_those_counted_one_by_one(pairs: list[tuple[int, int]]) -> None:
    ours, theirs = zip(*pairs, strict=True)
    model = outputs_of(DataType.INT8, elements=len(pairs))
    agreement = compare([[int8(*ours)]], [[int8(*theirs)]], model, name="")
    assert agreement.max_lsb == max(abs(a - b) for a, b in pairs)
    assert agreement.bit_equal_share == np.mean([a == b for a, b in pairs])
