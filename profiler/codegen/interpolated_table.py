"""Functions as tables of 513 int16 samples, which int16 kernels interpolate, made as TensorFlow Lite makes them.

Source: TFLite `LUTPopulate<int16_t>` and its uses in SOFTMAX. All arithmetic is in float32, as there: samples are moved
by half the error that interpolation would make in the middle between two of them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

_STEPS = 512
_LOW, _HIGH = -(2**15), 2**15 - 1
_RANGE = np.float32(_HIGH - _LOW)


@functools.cache
def exponentials_s16() -> tuple[int, ...]:
    """exp() over [-10, 0] in Q0.15."""
    return _table(np.float32(10.0) / _RANGE, _HIGH, lambda value: math.exp(value))


@functools.cache
def reciprocals_s16() -> tuple[int, ...]:
    """1 / (1 + x) for x over [0, 1] in Q0.15."""
    return _table(np.float32(1.0) / _RANGE, _LOW, lambda value: 1.0 / float(np.float32(1.0) + np.float32(value)))


def _table(input_scale: np.float32, input_zero_point: int, function: Callable[[float], float]) -> tuple[int, ...]:
    """Samples of `function` for inputs and outputs in int16; outputs have the scale 2 / 65535 and zero point 0."""
    low, high = (np.float32(input_scale * np.float32(end - input_zero_point)) for end in (_LOW, _HIGH))
    output_scale = np.float32(2.0) / _RANGE
    output_range = np.float32(output_scale * np.float32(_HIGH)) - np.float32(output_scale * np.float32(_LOW))
    inverse = np.float32(_HIGH - _LOW + 1) / np.float32(output_range)
    step = np.float32(np.float32(high - low) / np.float32(_STEPS))
    half_step = np.float32(step / np.float32(2))

    def at(position: np.float32) -> np.float32:
        return np.float32(np.float32(function(float(position))) * inverse)

    samples = []
    for index in range(_STEPS):
        position = np.float32(low + np.float32(np.float32(index) * step))
        value = _rounded(at(position))
        following = at(np.float32(low + np.float32(np.float32(index + 1) * step)))
        between = _rounded(np.float32(np.float32(following + value) / np.float32(2)))
        error = np.float32(between - _rounded(at(np.float32(position + half_step))))
        samples.append(float(value - _rounded(np.float32(error / np.float32(2)))))
    samples.append(float(_rounded(at(high))))
    return tuple(int(min(max(sample, _LOW), _HIGH)) for sample in samples)


def _rounded(value: np.float32) -> np.float32:
    """Nearest integer, halves away from zero."""
    return np.float32(math.copysign(math.floor(abs(float(value)) + 0.5), float(value)))
