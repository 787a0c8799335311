"""Packed weights and per-channel records as the `dsp` kernels read them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from profiler.codegen.lowering.accumulation import Accumulation, Int8Array, little_endian
from profiler.codegen.model import Blob, Constant

Int64Array = npt.NDArray[np.int64]

INPUT_MAGNITUDE = 128  # of an int8
_SMALLEST_SHIFT = -22  # see short_requantize


def pairs_of_run(length: int) -> list[tuple[int, int]]:
    """Which two inputs of a run of `length` neighbours each int16 pair holds; -1 stands for none.

    Of four neighbours SXTB16 yields (0, 2) and, rotated by eight bits, (1, 3); a rest is paired in its order.
    """
    whole = length - length % 4
    pairs = [(start + odd, start + odd + 2) for start in range(0, whole, 4) for odd in (0, 1)]
    rest = list(range(whole, length))
    pairs += [(rest[i], rest[i + 1] if i + 1 < len(rest) else -1) for i in range(0, len(rest), 2)]
    return pairs


def paired_weights(weights: Int8Array) -> Int8Array:
    """Weights (channels, runs, run length) → (channels, steps, 2), with zeros for what is not there."""
    channels, _, length = weights.shape
    with_zero = np.concatenate([weights, np.zeros_like(weights[:, :, :1])], axis=2)
    return with_zero[:, :, np.array(pairs_of_run(length)).reshape(-1)].reshape(channels, -1, 2)


def with_channels(values: npt.NDArray[np.generic], multiple: int) -> npt.NDArray[np.generic]:
    """`values` with zeros behind, so that the first dimension becomes a multiple of `multiple`."""
    missing = -values.shape[0] % multiple
    return np.concatenate([values, np.zeros((missing, *values.shape[1:]), dtype=values.dtype)])


def can_fold(first: Int8Array, second: Int8Array) -> bool:
    """Whether 256 * second + first can replace the pair (arrays of shape (pairs, weights of a channel)).

    It must fit an int16, and 256 * (sum of second * input) an int32.
    """
    halfwords = 256 * second.astype(np.int32) + first
    magnitudes = np.abs(second.astype(np.int64)).sum(axis=1) * INPUT_MAGNITUDE
    return bool((halfwords >= -(2**15)).all() and (magnitudes < 2**23).all())


def interleaved(first: Int8Array, second: Int8Array, *, folded: bool) -> npt.NDArray[np.int16]:
    """Halfwords with `first` in the low byte and `second` in the high byte; folded: 256 * second + first."""
    if folded:
        return (256 * second.astype(np.int32) + first).astype(np.int16)
    return ((second.astype(np.int32) << 8) | (first.astype(np.int32) & 0xFF)).astype(np.uint16).view(np.int16)


def short_requantize(sums: Accumulation, weights: Int8Array) -> bool:
    """Whether every channel meets the bounds of `requantize_dsp.h`; `weights` is (channels, everything else).

    With |accumulator| < 2**30 and shifts of at least -22, output zero point * 2**-shift and the scaled accumulator add
    up without overflow: 2**30 + 257 * 2**21 < 2**31.
    """
    magnitudes: Int64Array = np.abs(weights.astype(np.int64)).sum(axis=1) * INPUT_MAGNITUDE
    largest = np.abs(sums.folded_bias.astype(np.int64)) + magnitudes
    return bool((largest < 2**30).all() and (sums.shifts < 0).all() and (sums.shifts >= _SMALLEST_SHIFT).all())


def requantize_blob(sums: Accumulation, *, short: bool, multiple: int = 1) -> Blob:
    """Records for `Requantizer`, as many as channels rounded up to a multiple."""
    shifts = -sums.shifts - 1 if short else sums.shifts
    records = np.stack([sums.folded_bias, sums.multipliers, shifts], axis=1).astype(np.int32)
    return Blob(name="channels", c_type="int32_t", data=little_endian(with_channels(records, multiple)))


def requantize_constants(sums: Accumulation, *, short: bool) -> tuple[Constant, ...]:
    """The accumulation's constants and how outputs are scaled."""
    return (*sums.constants, Constant(c_type="bool", name="kShortRequantize", value=short))
