"""Real numbers and the bytes of tensors: floats, quantized integers, and integers that are what they are."""

from __future__ import annotations

import numpy as np
import pytest

from profiler.accuracy.codec import decode, encode
from profiler.errors import DatasetError, UnsupportedModelError
from profiler.graph.model import DataType, Quantization, Tensor


def _tensor(dtype: DataType, quantization: Quantization | None = None) -> Tensor:
    return Tensor(index=3, name="t", shape=(1, 3), dtype=dtype, quantization=quantization)


@pytest.mark.parametrize("dtype", [DataType.INT32, DataType.INT64, DataType.UINT8, DataType.BOOL])
def test_integers_without_a_scale_are_their_own_values(dtype: DataType) -> None:
    values = np.array([0, 1, 1] if dtype is DataType.BOOL else [0, 7, 200], dtype=np.float32)
    data, cut = encode(values, _tensor(dtype))
    assert cut == 0
    assert np.frombuffer(data, np.dtype(dtype.value)).tolist() == values.tolist()
    assert decode(data, _tensor(dtype)).tolist() == values.tolist()


def test_fractions_do_not_become_integers_in_silence() -> None:
    with pytest.raises(DatasetError, match="int32, and a sample has fractions"):
        encode(np.array([1.5], dtype=np.float32), _tensor(DataType.INT32))
    quantized = _tensor(DataType.INT8, Quantization(scales=(0.5,), zero_points=(2,), axis=0))
    assert np.frombuffer(encode(np.array([1.3], dtype=np.float32), quantized)[0], np.int8).tolist() == [5]


def test_other_types_have_no_real_values() -> None:
    with pytest.raises(UnsupportedModelError, match="uint32"):
        decode(bytes(4), _tensor(DataType.UINT32))
