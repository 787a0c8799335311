"""Fixed-point arithmetic of quantized operators, exactly as TensorFlow Lite does it, so that outputs agree bit for bit.

Real multipliers are stored as a 31-bit mantissa and a power of two; products are rounded twice, first when the high
half of the doubled product is taken, then when it is shifted right (TFLite's default, "double rounding").
"""

from __future__ import annotations

import math

import numpy as np

from profiler.graph.model import DataType
from profiler.graph.options import Activation

INT8_MIN, INT8_MAX = -128, 127
INTEGER_LIMITS = {DataType.INT8: (INT8_MIN, INT8_MAX), DataType.INT16: (-(2**15), 2**15 - 1)}
INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1
FLOAT32_MAX = float(np.finfo(np.float32).max)

FUSED_ACTIVATIONS = (Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1, Activation.RELU6)
_REAL_RANGES = {Activation.RELU: (0.0, None), Activation.RELU_N1_TO_1: (-1.0, 1.0), Activation.RELU6: (0.0, 6.0)}


def round_half_away(value: float) -> int:
    """Nearest integer, halves away from zero (C's `round`), exact for every finite double."""
    rounded = math.floor(abs(value))
    if abs(value) - rounded >= 0.5:
        rounded += 1
    return int(math.copysign(rounded, value))


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier, shift) with real ≈ multiplier / 2**31 * 2**shift; the multiplier is in [2**30, 2**31) or 0.

    Source: TFLite `QuantizeMultiplier`. Raises ValueError for negative, infinite or NaN multipliers.
    """
    if not 0.0 <= real < math.inf:
        raise ValueError(f"a multiplier must be finite and not negative, got {real}")
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2**31)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    if shift < -31:  # everything would be shifted out
        return 0, 0
    return multiplier, shift


def wrap_int32(value: int) -> int:
    """`value` modulo 2**32 as a signed 32-bit integer: what an int32_t register keeps."""
    return (value + 2**31) % 2**32 - 2**31


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    """High 32 bits of 2*a*b, rounded half up; INT32_MIN * INT32_MIN saturates."""
    if a == b == INT32_MIN:
        return INT32_MAX
    return (a * b + 2**30) >> 31


def rounding_divide_by_power_of_two(value: int, exponent: int) -> int:
    """value / 2**exponent, halves away from zero."""
    mask = (1 << exponent) - 1
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> exponent) + (1 if value & mask > threshold else 0)


def multiply_by_quantized_multiplier(value: int, multiplier: int, shift: int) -> int:
    """value * multiplier / 2**31 * 2**shift with TFLite's double rounding and int32 wrap-around of the left shift."""
    shifted = wrap_int32(value << max(shift, 0))
    return rounding_divide_by_power_of_two(saturating_rounding_doubling_high_mul(shifted, multiplier), max(-shift, 0))


def _quantize_float32(real: float, scale: float, zero_point: int) -> int:
    """The quantized value of `real`; the quotient is taken in float32 as TFLite does."""
    return zero_point + round_half_away(float(np.float32(real) / np.float32(scale)))


def reduced_multiplier(multiplier: int) -> int:
    """The upper 16 bits of a multiplier, rounded: what TFLite multiplies 64-bit sums by."""
    return (multiplier + (1 << 15)) >> 16 if multiplier < 0x7FFF_0000 else 0x7FFF


def activation_range(dtype: DataType, activation: Activation, scale: float, zero_point: int) -> tuple[int, int]:
    """Inclusive clamp of an int8 or int16 output with these quantization parameters. Source: TFLite
    `CalculateActivationRangeQuantized`."""
    least, greatest = INTEGER_LIMITS[dtype]
    low, high = _REAL_RANGES.get(activation, (None, None))
    return (
        least if low is None else max(least, _quantize_float32(low, scale, zero_point)),
        greatest if high is None else min(greatest, _quantize_float32(high, scale, zero_point)),
    )


def activation_range_f32(activation: Activation) -> tuple[float, float]:
    """Inclusive clamp of a float32 output; without an activation the whole finite range."""
    low, high = _REAL_RANGES.get(activation, (None, None))
    return -FLOAT32_MAX if low is None else low, FLOAT32_MAX if high is None else high
