"""Sigmoid and hyperbolic tangent in fixed point, as TensorFlow Lite's int8 LOGISTIC and TANH compute them.

Source of the constants and of the order of operations: gemmlowp's `logistic` and `tanh`, which TFLite uses: both are
quotients of 1 + exp(-x), which three steps of Newton's method find.
"""

from __future__ import annotations

from profiler.codegen.fixed_point import INT32_MAX, INT32_MIN
from profiler.codegen.fixed_point import saturating_rounding_doubling_high_mul as mul
from profiler.codegen.fixed_point_exp import exp_q31

INTEGER_BITS = 4  # arguments are Q4.27
_ONE_Q2 = 1 << 29  # 1 in Q2.29
_FIRST_GUESS = 1515870810  # 48/17 in Q2.29
_GUESS_SLOPE = -1010580540  # -32/17 in Q2.29


def logistic_q31(value: int) -> int:
    """1 / (1 + exp(-x)) of x in Q4.27, as Q0.31."""
    if value == 0:
        return 1 << 30
    of_magnitude = _saturated(_twice_reciprocal_of_one_plus(exp_q31(-abs(value), integer_bits=INTEGER_BITS)), 1)
    return of_magnitude if value > 0 else INT32_MAX - of_magnitude


def tanh_q31(value: int) -> int:
    """tanh of x in Q4.27, as Q0.31."""
    if value == 0:
        return 0
    # Twice x, which has the bits of x with the point moved: tanh x = 2 / (1 + exp(-2 x)) - 1.
    reciprocal = _twice_reciprocal_of_one_plus(exp_q31(-abs(value), integer_bits=INTEGER_BITS + 1))
    of_magnitude = _saturated(reciprocal - _ONE_Q2, 2)
    return of_magnitude if value > 0 else -of_magnitude


def _twice_reciprocal_of_one_plus(value: int) -> int:
    """2 / (1 + x) of x in Q0.31, as Q2.29."""
    half_denominator = (value + INT32_MAX + 1) // 2
    x = _FIRST_GUESS + mul(half_denominator, _GUESS_SLOPE)
    for _ in range(3):
        missing = _ONE_Q2 - mul(half_denominator, x)
        x += _saturated(mul(x, missing), 2)
    return x


def _saturated(value: int, left_shift: int) -> int:
    """value * 2**left_shift within 32 bits."""
    return min(max(value << left_shift, INT32_MIN), INT32_MAX)
