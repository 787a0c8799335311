"""The sigmoid as 256 samples that int16 LOGISTIC and TANH interpolate, and how inputs become positions among them.

Source: TFLite's `sigmoid_table_uint16`, `LogisticPrepare` and `TanhPrepare`.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from profiler.codegen.fixed_point import round_half_away
from profiler.codegen.model import Blob

STEPS_PER_UNIT = 3 * 4096  # a scaled input of 12288 is 1.0
_SAMPLES = 256
_STEP = 1 / 24
_SATURATED = 65535
_GREATEST_MULTIPLIER = 32767
_LONGEST_SHIFT = 31
_LOG2_TOLERANCE = 1e-3


@functools.cache
def sigmoid_samples() -> tuple[int, ...]:
    """sigmoid(i / 24) in Q0.16, each moved by half the error that interpolation would make in the middle between it and
    the next; the last is what the function saturates to."""
    samples = [round_half_away(65536 * _sample(index * _STEP)) for index in range(_SAMPLES - 1)]
    return (*samples, _SATURATED)


def samples_blob() -> Blob:
    """The samples as kernels read them."""
    return Blob(name="samples", c_type="uint16_t", data=np.array(sigmoid_samples(), dtype="<u2").tobytes())


def input_multiplier(scale: float, *, exact_shifts: tuple[int, ...]) -> tuple[int, int]:
    """(multiplier, right shift) that bring an int16 of this scale to steps of 1/12288.

    Scales of 2**(shift - 12), for the shifts given, need no shift. Raises ValueError for scales of 2.67 and more, and
    for those so small that every input becomes 0.
    """
    log2 = power_of_two(scale)
    if log2 is not None and log2 + 12 in exact_shifts:
        return 3 << (log2 + 12), 0
    real, shift = scale * STEPS_PER_UNIT, 0
    while real <= _GREATEST_MULTIPLIER / 2 and shift < _LONGEST_SHIFT:
        real, shift = real * 2, shift + 1
    if not 1 <= real < _GREATEST_MULTIPLIER + 1:
        raise ValueError(f"an int16 with scale {scale} has no fixed-point multiplier")
    return int(real), shift


def power_of_two(scale: float) -> int | None:
    """The exponent of a scale that TFLite takes as a power of two, None for others."""
    log2 = np.float32(math.log(scale)) * (np.float32(1) / np.float32(math.log(2)))
    exponent = round_half_away(float(log2))
    return exponent if abs(log2 - np.float32(exponent)) < _LOG2_TOLERANCE else None


def _sample(x: float) -> float:
    between = (_sigmoid(x) + _sigmoid(x + _STEP)) / 2
    return _sigmoid(x) - (between - _sigmoid(x + _STEP / 2)) / 2


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))
