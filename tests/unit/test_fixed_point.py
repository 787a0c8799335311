"""Fixed-point arithmetic: Python against exact rationals, the C++ of the kernels against Python."""

from __future__ import annotations

import ctypes
import math
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler import resources
from profiler.codegen.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    activation_range,
    activation_range_f32,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    round_half_away,
    rounding_divide_by_power_of_two,
    saturating_rounding_doubling_high_mul,
)
from profiler.codegen.fixed_point_exp import exp_of_differences, exp_q31
from profiler.graph.model import DataType
from profiler.graph.options import Activation

int32s = st.one_of(st.integers(INT32_MIN, INT32_MAX), st.sampled_from([INT32_MIN, -1, 0, 1, INT32_MAX]))
multipliers = st.one_of(st.integers(0, INT32_MAX), st.sampled_from([0, 1 << 30, INT32_MAX]))

CPP = """
#include "kernels/common/fixed_point.h"
extern "C" {
int32_t high_mul(int32_t a, int32_t b) { return profiler::kernels::rounding_doubling_high_mul(a, b); }
int32_t by_halves(int32_t a, int32_t b) { return profiler::kernels::rounding_doubling_high_mul_by_halves(a, b); }
int32_t shift_right(int32_t a, int32_t e) { return profiler::kernels::rounding_shift_right(a, e); }
int32_t scale(int32_t a, int32_t m, int32_t s) { return profiler::kernels::multiply_by_quantized_multiplier(a, m, s); }
}
"""


@pytest.fixture(scope="module")
def kernels_arithmetic(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder: Path = tmp_path_factory.mktemp("arithmetic")
    (folder / "arithmetic.cc").write_text(CPP)
    harness = f"-I{resources.firmware_harness_folder()}"
    command = ["g++", "-std=c++17", "-O2", "-fPIC", "-shared", harness, "arithmetic.cc", "-o", "arithmetic.so"]
    subprocess.run(command, cwd=folder, check=True)
    return ctypes.CDLL(str(folder / "arithmetic.so"))


@given(st.floats(1e-12, 1e6))
def test_a_quantized_multiplier_is_the_nearest_there_is(real: float) -> None:
    multiplier, shift = quantize_multiplier(real)
    if multiplier == 0:
        assert real < 2.0**-31
    else:
        assert 2**30 <= multiplier < 2**31
        step = Fraction(2) ** (shift - 31)
        assert abs(Fraction(real) - multiplier * step) <= step / 2


def test_multipliers_that_round_up_to_one_stay_in_range() -> None:
    assert quantize_multiplier(math.nextafter(1.0, 0.0)) == (1 << 30, 1)


@pytest.mark.parametrize("real", [-1.0, math.inf, math.nan])
def test_impossible_multipliers_are_refused(real: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        quantize_multiplier(real)


@given(st.floats(-1e9, 1e9))
def test_halves_round_away_from_zero(value: float) -> None:
    nearest = math.floor(abs(Fraction(value)) + Fraction(1, 2))
    assert round_half_away(value) == int(math.copysign(nearest, value))


@given(int32s, int32s)
def test_high_multiplication_rounds_the_doubled_product(a: int, b: int) -> None:
    exact = math.floor(Fraction(2 * a * b, 2**32) + Fraction(1, 2))
    assert saturating_rounding_doubling_high_mul(a, b) == min(exact, INT32_MAX)


@given(int32s, st.integers(0, 31))
def test_division_by_a_power_of_two_rounds_halves_away_from_zero(value: int, exponent: int) -> None:
    nearest = math.floor(Fraction(abs(value), 2**exponent) + Fraction(1, 2))
    assert rounding_divide_by_power_of_two(value, exponent) == (nearest if value >= 0 else -nearest)


@settings(deadline=None)
@given(int32s, multipliers, st.integers(-31, 7))
def test_the_kernels_scale_as_python_does(kernels_arithmetic: ctypes.CDLL, a: int, m: int, shift: int) -> None:
    high = saturating_rounding_doubling_high_mul(a, m)
    assert kernels_arithmetic.high_mul(a, m) == high
    assert kernels_arithmetic.scale(a, m, shift) == multiply_by_quantized_multiplier(a, m, shift)
    if shift < 0:
        assert kernels_arithmetic.shift_right(high, -shift) == rounding_divide_by_power_of_two(high, -shift)


@settings(deadline=None)
@given(int32s, int32s.filter(lambda value: value != INT32_MIN))
def test_multiplying_by_halves_is_multiplying(kernels_arithmetic: ctypes.CDLL, a: int, b: int) -> None:
    assert kernels_arithmetic.by_halves(a, b) == saturating_rounding_doubling_high_mul(a, b)


@given(st.integers(-(2**31), 0))
def test_fixed_point_exp_is_close_to_exp(value: int) -> None:
    assert exp_q31(value) / 2**31 == pytest.approx(math.exp(value / 2**26), abs=1e-6)


def test_tables_of_exponentials_end_at_the_last_that_is_not_zero() -> None:
    table = exp_of_differences(0.5, 1.0)
    assert table[0] == INT32_MAX
    assert table[-1] > 0
    assert list(table) == sorted(table, reverse=True)
    assert len(exp_of_differences(1e-3, 1.0)) == 256


def test_fused_activations_clamp_where_their_reals_lie() -> None:
    assert activation_range(DataType.INT8, Activation.NONE, 0.05, -10) == (-128, 127)
    assert activation_range(DataType.INT8, Activation.RELU, 0.05, -10) == (-10, 127)
    assert activation_range(DataType.INT8, Activation.RELU6, 0.05, -10) == (-10, 110)
    assert activation_range(DataType.INT8, Activation.RELU_N1_TO_1, 0.05, -10) == (-30, 10)
    assert activation_range_f32(Activation.RELU6) == (0.0, 6.0)
