"""Packed weights and per-channel records as the `dsp` kernels read them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiler.codegen.fixed_point import INT8_MAX, INT8_MIN, multiply_by_quantized_multiplier
from profiler.codegen.lowering.accumulation import Accumulation, Int8Array, Int32Array, little_endian
from profiler.codegen.model import Blob, Constant

Int64Array = npt.NDArray[np.int64]

INPUT_MAGNITUDE = 128  # of an int8
OUTPUTS_AT_ONCE = 4  # of dot_four_dsp.h
INPUTS_AT_ONCE = 4


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FourOutputs:
    """Weight words of four outputs at a time, as dot_four_dsp.h reads them."""

    words: npt.NDArray[np.int16]  # (groups of four outputs, halfwords)
    folded: bool


def four_outputs(weights: Int8Array) -> FourOutputs:
    """Weights (outputs, inputs), both rounded up to multiples of four with zeros."""
    padded = with_channels(with_channels(weights, OUTPUTS_AT_ONCE).T, INPUTS_AT_ONCE).T.astype(np.int8)
    pairs = paired_weights(padded[:, np.newaxis, :])  # (outputs, inputs / 2, 2)
    first, second = pairs[0::2], pairs[1::2]
    folded = can_fold(first.reshape(len(first), -1), second.reshape(len(second), -1))
    # (groups, two pairs of outputs, steps, words, halfwords) with the pairs of outputs inside of the steps
    words = interleaved(first, second, folded=folded).reshape(-1, 2, padded.shape[1] // INPUTS_AT_ONCE, 2, 2)
    return FourOutputs(words=words.transpose(0, 2, 1, 3, 4).reshape(len(words), -1), folded=folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPairs:
    """Weight words of two output channels each, as dot_dsp.h reads them, and the constants that it reads."""

    blob: Blob
    constants: tuple[Constant, ...]


def channel_pairs(pairs: Int8Array) -> ChannelPairs:
    """Weights (channels, steps, 2) → for two channels at a time a word a step; an odd channel is paired with zeros."""
    even = with_channels(pairs, 2).astype(np.int8).reshape(-1, 2, pairs.shape[1] * 2)
    first, second = even[:, 0], even[:, 1]
    folded = can_fold(first, second)
    return ChannelPairs(
        blob=Blob(name="weights", c_type="uint32_t", data=little_endian(interleaved(first, second, folded=folded))),
        constants=(Constant(c_type="bool", name="kFoldedWeights", value=folded),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Requantization:
    """Per-channel records for `Requantizer` in requantize_dsp.h, and the constants that it reads."""

    records: Int32Array  # (channels, 3), or (channels, 1) when all have the same scale
    short: bool  # kShortRequantize
    constants: tuple[Constant, ...]

    def blob(self, *, multiple: int = 1) -> Blob:
        """As many records as channels rounded up to a multiple."""
        return Blob(name="channels", c_type="int32_t", data=little_endian(with_channels(self.records, multiple)))


def requantization_of(sums: Accumulation, weights: Int8Array) -> Requantization:
    """How sums of `weights` (channels, everything else) times inputs become outputs.

    The short arithmetic holds for |accumulator| < 2**30 and shifts from -31 to -2.
    """
    wide = weights.astype(np.int64)
    lowest = sums.folded_bias + np.where(wide > 0, wide * INT8_MIN, wide * INT8_MAX).sum(axis=1)
    highest = sums.folded_bias + np.where(wide > 0, wide * INT8_MAX, wide * INT8_MIN).sum(axis=1)
    magnitudes = np.maximum(np.abs(lowest), np.abs(highest))
    magnitudes = np.maximum(magnitudes, np.abs(sums.folded_bias.astype(np.int64)))  # doubled, it must be an int32
    fits = (magnitudes < 2**30) & (sums.shifts <= -2)
    long = np.stack([sums.folded_bias, sums.multipliers, sums.shifts], axis=1).astype(np.int32)
    powers = np.left_shift(np.int64(1), 32 + np.minimum(sums.shifts, -2).astype(np.int64))
    short = np.stack([2 * sums.folded_bias.astype(np.int64), sums.multipliers, powers], axis=1)
    for channel in np.flatnonzero(~fits):
        value = _constant_result(sums, int(channel), int(lowest[channel]), int(highest[channel]))
        record = None if value is None else _record_of_constant(value, is_bias=not weights[channel].any())
        if record is not None:
            short[channel] = record
            fits[channel] = True
    is_short = bool(fits.all())
    records = short.astype(np.int32) if is_short else long
    _, multiplier, shift = records[0].tolist()
    uniform = bool((records[:, 1:] == records[0, 1:]).all())
    return Requantization(
        records=records[:, :1] if uniform else records,
        short=is_short,
        constants=(
            *sums.constants,
            Constant(c_type="bool", name="kShortRequantize", value=is_short),
            Constant(c_type="bool", name="kUniformScale", value=uniform),
            Constant(c_type="int32_t", name="kMultiplier", value=multiplier if uniform else 0),
            Constant(c_type="int32_t", name="kShift", value=shift if uniform else 0),
        ),
    )


def _constant_result(sums: Accumulation, channel: int, lowest: int, highest: int) -> int | None:
    """The scaled accumulator of a channel that has the same one for every input (pruned channels, for example)."""
    multiplier, shift = int(sums.multipliers[channel]), int(sums.shifts[channel])
    if shift > 0 or not -(2**31) < lowest <= highest < 2**31:
        return None
    low, high = (multiply_by_quantized_multiplier(end, multiplier, shift) for end in (lowest, highest))
    return low if low == high else None


def _record_of_constant(value: int, *, is_bias: bool) -> tuple[int, int, int] | None:
    """A short record that gives `value` whatever the sum is; with `is_bias` the sum is always 0.

    With multiplier 2**30 and shift -2 the result is an eighth of the accumulator. Results beyond the range of an int8
    and a zero point are clamped anyway.
    """
    if value == 0:
        return 0, 0, 0
    return (2 * 8 * max(-512, min(value, 511)), 2**30, 2**30) if is_bias else None
