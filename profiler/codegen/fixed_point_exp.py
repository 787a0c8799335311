"""exp() of numbers that are not positive, in fixed point, as TensorFlow Lite's int8 SOFTMAX and LOGISTIC compute it.

Source of the constants and of the order of operations: gemmlowp's `exp_on_negative_values`, which TFLite uses: a Taylor
polynomial of degree 4 around -1/8 for the part in [-1/4, 0), then one factor for each bit of the rest.
"""

from __future__ import annotations

from profiler.codegen.fixed_point import (
    INT32_MAX,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
    rounding_divide_by_power_of_two,
)
from profiler.codegen.fixed_point import saturating_rounding_doubling_high_mul as mul

_SOFTMAX_INTEGER_BITS = 5  # its differences are Q5.26
_SOFTMAX_FRACTION_BITS = 31 - _SOFTMAX_INTEGER_BITS
_EXP_MINUS_EIGHTH = 1895147668  # Q0.31
_THIRD = 715827883  # Q0.31
_EIGHTH = 1 << 28  # Q0.31
# exp(-2**k) in Q0.31 for k = -2 … 4
_FACTORS = ((-2, 1672461947), (-1, 1302514674), (0, 790015084), (1, 290630308), (2, 39332535), (3, 720401), (4, 242))


def exp_of_differences(input_scale: float, beta: float) -> tuple[int, ...]:
    """exp(-d * input_scale * beta) in Q0.31 for differences d = 0, 1, … of int8 inputs, up to the last that is not 0.

    At most 256 entries, the first is always 1. Source of the scaling: TFLite's `PreprocessSoftmaxScaling` and
    `CalculateInputRadius`.
    """
    real = min(beta * input_scale * (1 << _SOFTMAX_FRACTION_BITS), 2.0**31 - 1.0)
    multiplier, left_shift = quantize_multiplier(real)
    radius = ((1 << _SOFTMAX_INTEGER_BITS) - 1) * (1 << _SOFTMAX_FRACTION_BITS) // (1 << left_shift)
    table = []
    for difference in range(min(255, radius) + 1):
        table.append(exp_q31(multiply_by_quantized_multiplier(-difference, multiplier, left_shift)))
    while table[-1] == 0:
        table.pop()
    return tuple(table)


def exp_q31(value: int, *, integer_bits: int = _SOFTMAX_INTEGER_BITS) -> int:
    """exp of a number that is not positive, as Q0.31; `value` has `integer_bits` (at most 5) before the point."""
    if value == 0:
        return INT32_MAX
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    below_quarter = (value & (quarter - 1)) - quarter
    rest = below_quarter - value
    result = _exp_on_last_quarter(below_quarter << integer_bits)
    for exponent, factor in _FACTORS[: integer_bits + 2]:
        if rest & (1 << (fraction_bits + exponent)):
            result = mul(result, factor)
    return result


def _exp_on_last_quarter(value: int) -> int:
    """exp on [-1/4, 0), from and to Q0.31."""
    x = value + _EIGHTH
    x2 = mul(x, x)
    x3, x4 = mul(x2, x), mul(x2, x2)
    higher = mul(rounding_divide_by_power_of_two(x4, 2) + x3, _THIRD)
    polynomial = x + rounding_divide_by_power_of_two(higher + x2, 1)
    return _EXP_MINUS_EIGHTH + mul(_EXP_MINUS_EIGHTH, polynomial)
