"""Weights of several output channels side by side, as `kernels/common/lanes.h` reads them."""

from __future__ import annotations

import numpy as np

from profiler.codegen.lowering.accumulation import Int8Array
from profiler.codegen.model import Blob, Constant

_CHOICES = (4, 2, 1)  # more sums than four do not stay in the registers of a Cortex-M


def lanes_for(channels: int) -> int:
    """How many channels to sum side by side: the most that divide them all."""
    return next(lanes for lanes in _CHOICES if channels % lanes == 0)


def lane_constant(lanes: int) -> Constant:
    """kLanes."""
    return Constant(c_type="int32_t", name="kLanes", value=lanes)


def lane_blob(weights: Int8Array, lanes: int) -> Blob:
    """Blob "weights" of (channels, values each): for each `lanes` channels, value by value."""
    packed = weights.reshape(-1, lanes, weights.shape[1]).transpose(0, 2, 1)
    return Blob(name="weights", c_type="int8_t", data=np.ascontiguousarray(packed).tobytes())
