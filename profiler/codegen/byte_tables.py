"""Functions of one int8 as tables of their 256 results, each exactly as TFLite's int8 kernel computes it.

An int8 kernel's output depends on its input's byte and on constants alone, so the arithmetic is done here, once, and
what runs is a look-up. Tables are in the order of the byte's value without sign: 0 … 127, -128 … -1.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from profiler.codegen.fixed_point import (
    INT8_MAX,
    INT8_MIN,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    reduced_multiplier,
    round_half_away,
    rounding_divide_by_power_of_two,
)
from profiler.codegen.fixed_point_sigmoid import INTEGER_BITS, logistic_q31, tanh_q31
from profiler.graph.model import Quantization

ByteTable = tuple[int, ...]
_INT16_MIN, _INT16_MAX = -(2**15), 2**15 - 1
_THREE = 2.0**15  # what 3.0 is on the 16-bit scale of HARD_SWISH's second factor


def logistic_table(source: Quantization) -> ByteTable:
    """LOGISTIC; the output has scale 1/256 and zero point -128."""
    return _of_q4_27(source, logistic_q31, output_bits=8, output_zero_point=-128)


def tanh_table(source: Quantization) -> ByteTable:
    """TANH; the output has scale 1/128 and zero point 0."""
    return _of_q4_27(source, tanh_q31, output_bits=7, output_zero_point=0)


def _of_q4_27(
    source: Quantization, function: Callable[[int], int], *, output_bits: int, output_zero_point: int
) -> ByteTable:
    """`function` of inputs in Q4.27 with results in Q0.31; inputs that do not fit saturate.

    Source: TFLite's `Logistic` and `Tanh` of reference/integer_ops, and `CalculateInputRadius`.
    """
    multiplier, left_shift = quantize_multiplier(source.scales[0] * (1 << (31 - INTEGER_BITS)))
    radius = (((1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) >> left_shift

    def quantized(value: int) -> int:
        if value <= -radius:
            return INT8_MIN
        if value >= radius:
            return INT8_MAX
        result = function(multiply_by_quantized_multiplier(value, multiplier, left_shift))
        return rounding_divide_by_power_of_two(result, 31 - output_bits) + output_zero_point

    return _table(quantized, source.zero_points[0])


def leaky_relu_table(source: Quantization, output: Quantization, alpha: float) -> ByteTable:
    """LEAKY_RELU. Source: TFLite's `QuantizeLeakyRelu`."""
    (multiplier, shift), (alpha_multiplier, alpha_shift) = leaky_relu_multipliers(source, output, alpha)
    sign = -1 if alpha < 0 else 1

    def quantized(value: int) -> int:
        if value >= 0:
            return output.zero_points[0] + multiply_by_quantized_multiplier(value, multiplier, shift)
        return output.zero_points[0] + sign * multiply_by_quantized_multiplier(value, alpha_multiplier, alpha_shift)

    return _table(quantized, source.zero_points[0])


def leaky_relu_multipliers(
    source: Quantization, output: Quantization, alpha: float
) -> tuple[tuple[int, int], tuple[int, int]]:
    """(multiplier, shift) of positive values and, without the sign of alpha, of negative ones; in double precision, as
    tflite-micro computes (its source writes float32)."""
    ratio = source.scales[0] / output.scales[0]
    return quantize_multiplier(ratio), quantize_multiplier(source.scales[0] * abs(alpha) / output.scales[0])


def hard_swish_table(source: Quantization, output: Quantization) -> ByteTable:
    """HARD_SWISH, x * relu6(x + 3) / 6, in 16-bit fixed point. Source: TFLite's `HardSwish` and `HardSwishPrepare`."""
    fine_scale = source.scales[0] / 128
    multiplier, exponent = quantize_multiplier(fine_scale / output.scales[0])
    share_multiplier, share_exponent = quantize_multiplier(fine_scale * _THREE / 3)

    def quantized(value: int) -> int:
        fine = value * 128
        on_output_scale = _rounding_high_mul_16(fine, reduced_multiplier(multiplier))
        share = _shifted_left_16(fine, max(share_exponent - 1, 0))
        share = _rounding_high_mul_16(share, reduced_multiplier(share_multiplier))
        share = _shifted_left_16(share, 1 if share_exponent > 0 else 0)
        share = rounding_divide_by_power_of_two(share, max(-share_exponent, 0))
        share = (share + (1 << 15)) >> 1  # from [-1, 1] to [0, 1]
        product = _toward_zero(share * on_output_scale, 15)
        return rounding_divide_by_power_of_two(product, -exponent) + output.zero_points[0]

    return _table(quantized, source.zero_points[0])


def elu_table(source: Quantization, output: Quantization) -> ByteTable:
    """ELU, e^x - 1 below 0, in float32. Source: TFLM's `PopulateLookupTable`."""
    scale, inverse = np.float32(source.scales[0]), np.float32(1) / np.float32(output.scales[0])

    def quantized(value: int) -> int:
        x = scale * np.float32(value)
        y = np.float32(math.exp(float(x))) - np.float32(1) if x < 0 else x
        return round_half_away(float(y * inverse)) + output.zero_points[0]

    return _table(quantized, source.zero_points[0])


def _rounding_high_mul_16(a: int, b: int) -> int:
    """High 16 bits of 2 * a * b, rounded to nearest."""
    return (a * b + (1 << 14)) >> 15


def _shifted_left_16(value: int, exponent: int) -> int:
    return min(max(value << exponent, _INT16_MIN), _INT16_MAX)


def _toward_zero(value: int, exponent: int) -> int:
    return -(-value >> exponent) if value < 0 else value >> exponent


def _table(quantized: Callable[[int], int], zero_point: int) -> ByteTable:
    """`quantized` of each int8 less its zero point, clamped to int8."""
    values = (*range(INT8_MAX + 1), *range(INT8_MIN, 0))
    return tuple(min(max(quantized(value - zero_point), INT8_MIN), INT8_MAX) for value in values)
