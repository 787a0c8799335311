"""Real numbers ↔ the bytes of a model's tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.errors import UnsupportedModelError
from profiler.graph.model import DataType, Tensor

_QUANTIZED = {DataType.INT8: (-128, 127), DataType.UINT8: (0, 255), DataType.INT16: (-32768, 32767)}


def encode(values: npt.NDArray[np.float32], tensor: Tensor) -> tuple[bytes, float]:
    """The tensor's bytes (little-endian), and the share of values that its range cuts off by more than one step.

    Quantized is round(value / scale) + zero point, halves away from zero. Raises UnsupportedModelError for other types.
    """
    if tensor.dtype is DataType.FLOAT32:
        return values.astype("<f4").tobytes(), 0.0
    scale, zero_point, (low, high) = _affine(tensor)
    steps = values.astype(np.float64) / scale
    rounded = np.sign(steps) * np.floor(np.abs(steps) + 0.5) + zero_point
    cut = (rounded < low - 1) | (rounded > high + 1)
    kind = np.dtype(tensor.dtype.value).newbyteorder("<")
    return np.clip(rounded, low, high).astype(kind).tobytes(), float(cut.mean())


def decode(data: bytes, tensor: Tensor) -> npt.NDArray[np.float64]:
    """The tensor's real values, flat. Raises UnsupportedModelError for types that are neither float32 nor quantized."""
    kind: np.dtype[Any] = np.dtype(tensor.dtype.value).newbyteorder("<")
    raw = np.frombuffer(data, dtype=kind).astype(np.float64)
    if tensor.dtype is DataType.FLOAT32:
        return raw
    scale, zero_point, _ = _affine(tensor)
    return (raw - zero_point) * scale


def _affine(tensor: Tensor) -> tuple[float, int, tuple[int, int]]:
    quantization = tensor.quantization
    if tensor.dtype not in _QUANTIZED or quantization is None or quantization.per_channel:
        raise UnsupportedModelError(
            f"tensor #{tensor.index} is {tensor.dtype.value} without a scale, so it has no real values",
            hint="inputs and outputs may be float32, or int8, uint8 or int16 with a scale",
        )
    return quantization.scales[0], quantization.zero_points[0], _QUANTIZED[tensor.dtype]
