"""Real numbers ↔ the bytes of a model's tensors. An integer tensor without a scale has its integers as real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.errors import DatasetError, UnsupportedModelError
from profiler.graph.model import DataType, Tensor

_QUANTIZED = frozenset({DataType.INT8, DataType.UINT8, DataType.INT16})
_INTEGERS = _QUANTIZED | {DataType.INT32, DataType.INT64, DataType.BOOL}


def encode(values: npt.NDArray[np.float32], tensor: Tensor) -> tuple[bytes, float]:
    """The tensor's bytes (little-endian), and the share of values that its range cuts off by more than one step.

    Quantized is round(value / scale) + zero point, halves away from zero. Raises UnsupportedModelError for other types,
    and DatasetError for fractions where the tensor has integers.
    """
    if tensor.dtype is DataType.FLOAT32:
        return values.astype("<f4").tobytes(), 0.0
    scale, zero_point, (low, high) = _affine(tensor)
    steps = values.astype(np.float64) / scale
    if tensor.quantization is None and (steps != np.floor(steps)).any():
        raise DatasetError(
            f"the model's input is {tensor.dtype.value}, and a sample has fractions",
            hint="give whole numbers (--scale changes values)",
        )
    rounded = np.sign(steps) * np.floor(np.abs(steps) + 0.5) + zero_point
    cut = (rounded < low - 1) | (rounded > high + 1)
    kind = np.dtype(tensor.dtype.value).newbyteorder("<")
    return np.clip(rounded, low, high).astype(kind).tobytes(), float(cut.mean())


def decode(data: bytes, tensor: Tensor) -> npt.NDArray[np.float64]:
    """The tensor's real values, flat. Raises UnsupportedModelError for types that are neither float32 nor integers."""
    kind: np.dtype[Any] = np.dtype(tensor.dtype.value).newbyteorder("<")
    raw = np.frombuffer(data, dtype=kind).astype(np.float64)
    if tensor.dtype is DataType.FLOAT32:
        return raw
    scale, zero_point, _ = _affine(tensor)
    return (raw - zero_point) * scale


def _affine(tensor: Tensor) -> tuple[float, int, tuple[int, int]]:
    quantization = tensor.quantization
    if quantization is None and tensor.dtype in _INTEGERS:
        return 1.0, 0, _range(tensor.dtype)
    if quantization is None or tensor.dtype not in _QUANTIZED or quantization.per_channel:
        raise UnsupportedModelError(
            f"tensor #{tensor.index} is {tensor.dtype.value}, which has no real values",
            hint="inputs and outputs may be float32, or integers with one scale or none",
        )
    return quantization.scales[0], quantization.zero_points[0], _range(tensor.dtype)


def _range(dtype: DataType) -> tuple[int, int]:
    if dtype is DataType.BOOL:
        return 0, 1
    limits = np.iinfo(np.dtype(dtype.value))
    return int(limits.min), int(limits.max)
