"""What the `dsp` kernels promise themselves: short requantization and folded weights are exact, not approximate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from profiler.codegen.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from profiler.codegen.lowering.accumulation import Accumulation
from profiler.codegen.lowering.conv_2d_dsp import pixels_at_once
from profiler.codegen.lowering.packing_dsp import (
    can_fold,
    interleaved,
    paired_weights,
    pairs_of_run,
    requantization_of,
)

multipliers = st.integers(2**30, 2**31 - 1)
short_shifts = st.integers(-31, -2)
accumulators = st.one_of(st.integers(-(2**30) + 1, 2**30 - 1), st.integers(-70000, 70000))


def smmulr(a: int, b: int) -> int:
    """The instruction: the high word of a product, rounded."""
    return wrap_int32((a * b + 2**31) >> 32)


def short_requantize(doubled: int, multiplier: int, power: int, *, away: bool = True) -> int:
    """What requantize_dsp.h does before the zero point is added."""
    scaled = smmulr(doubled, multiplier)
    return smmulr(scaled + (scaled >> 31) if away else scaled, power)


@given(accumulators, multipliers, short_shifts)
@settings(max_examples=2000, deadline=None)
def test_short_requantization_rounds_twice_like_tflm(accumulator: int, multiplier: int, shift: int) -> None:
    expected = multiply_by_quantized_multiplier(accumulator, multiplier, shift)
    assert short_requantize(2 * accumulator, multiplier, 2 ** (32 + shift)) == expected


@given(st.integers(-300, 300), st.integers(-31, -2), st.integers(-128, 127), st.booleans())
@settings(max_examples=1000, deadline=None)
def test_relu_hides_how_negative_halves_are_rounded(half: int, shift: int, zero_point: int, exact: bool) -> None:
    # With multiplier 2**30 the first rounding of 2 * scaled is exact, and `scaled` is on or near a half of the second.
    scaled = (half * 2 + 1) * 2 ** (-shift - 1) + (0 if exact else 1)
    assume(abs(scaled) < 2**29)
    expected = multiply_by_quantized_multiplier(2 * scaled, 2**30, shift) + zero_point
    found = short_requantize(4 * scaled, 2**30, 2 ** (32 + shift), away=False) + zero_point
    assert max(found, zero_point) == max(expected, zero_point)


@given(st.integers(1, 600), st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_folded_words_give_both_sums(length: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(-127, 127, (1, length), endpoint=True).astype(np.int8) for _ in range(2))
    inputs = rng.choice([-128, 127, 3], length).astype(np.int64)
    assert can_fold(first, second)
    both = int((interleaved(first, second, folded=True)[0].astype(np.int64) * inputs).sum())
    first_sum, second_sum = (int((row[0].astype(np.int64) * inputs).sum()) for row in (first, second))
    assert wrap_int32(both - first_sum) >> 8 == second_sum


def test_weights_whose_sums_outgrow_a_word_are_not_folded() -> None:
    ones = np.ones((1, 517), dtype=np.int8)
    assert can_fold(ones, 126 * ones)
    assert not can_fold(ones, 127 * ones)
    assert not can_fold(np.full((1, 1), -1, dtype=np.int8), np.full((1, 1), -128, dtype=np.int8))


@pytest.mark.parametrize("length", range(1, 14))
def test_pairs_are_what_sxtb16_yields(length: int) -> None:
    pairs = pairs_of_run(length)
    assert sorted(index for pair in pairs for index in pair if index >= 0) == list(range(length))
    for word in range(length // 4):
        assert pairs[2 * word] == (4 * word, 4 * word + 2)
        assert pairs[2 * word + 1] == (4 * word + 1, 4 * word + 3)
    weights = np.arange(1, length + 1, dtype=np.int8).reshape(1, 1, length)
    assert paired_weights(weights).tolist() == [[[0 if i < 0 else i + 1 for i in pair] for pair in pairs]]


@given(st.integers(-(2**31) + 2**20, 2**31 - 2**20), multipliers, st.integers(-31, 0))
@settings(max_examples=500, deadline=None)
def test_pruned_channels_keep_the_short_form(bias: int, multiplier: int, shift: int) -> None:
    weights = np.array([[0, 0, 0], [1, -2, 3]], dtype=np.int8)
    sums = accumulation([bias, 5], [multiplier, 2**31 - 1], [shift, -9])  # another scale: records stay whole
    outputs = requantization_of(sums, weights)
    assume(outputs.records.shape[1] == 3)
    assert outputs.short
    expected = multiply_by_quantized_multiplier(bias, multiplier, shift)
    found = short_requantize(*outputs.records[0].tolist())
    for zero_point in (-128, 0, 127):
        assert clamped(found + zero_point) == clamped(expected + zero_point)


def test_one_scale_for_all_channels_is_not_repeated() -> None:
    weights = np.ones((3, 4), dtype=np.int8)
    uniform = requantization_of(accumulation([1, 2, 3], [2**30] * 3, [-7] * 3), weights)
    assert uniform.records.tolist() == [[2], [4], [6]]
    mixed = requantization_of(accumulation([1, 2, 3], [2**30] * 3, [-7, -8, -7]), weights)
    assert mixed.records.shape == (3, 3)


@pytest.mark.parametrize(("shift", "bias"), [(-1, 0), (3, 0), (-7, 2**30)])
def test_what_does_not_fit_the_short_form_is_not_given_it(shift: int, bias: int) -> None:
    weights = np.ones((1, 4), dtype=np.int8)
    assert not requantization_of(accumulation([bias], [2**30], [shift]), weights).short


def test_pixels_at_once_follow_the_number_of_positions() -> None:
    assert [pixels_at_once(positions) for positions in (1, 2, 3, 4, 9, 125, 144)] == [1, 2, 3, 4, 3, 4, 4]


def clamped(value: int) -> int:
    return max(-128, min(127, value))


def accumulation(biases: list[int], channel_multipliers: list[int], shifts: list[int]) -> Accumulation:
    bias = np.array(biases, dtype=np.int32)
    return Accumulation(
        bias=bias,
        folded_bias=bias,
        multipliers=np.array(channel_multipliers, dtype=np.int32),
        shifts=np.array(shifts, dtype=np.int32),
        input_zero_point=0,
        constants=(),
    )
