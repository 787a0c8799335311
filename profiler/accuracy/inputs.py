"""Inputs for runs that compare: random, but the same bytes for the same seed on every machine and version."""

from __future__ import annotations

import hashlib

import numpy as np

from profiler.errors import UnsupportedModelError
from profiler.graph.model import DataType, Graph, Tensor

_UNIFORM = frozenset(
    {DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16, DataType.INT32, DataType.UINT32, DataType.INT64}
)
_SUMMANDS = 12  # of uniform numbers in 0..1: their sum has variance 1


def seeded_inputs(graph: Graph, count: int, seed: int) -> list[list[bytes]]:
    """`count` input sets of raw bytes per graph input; the first ones do not depend on `count`.

    Integers are uniform over their type's whole range (of an int8 input: every quantized value), booleans 0 or 1.
    float32 values are approximately normal with mean 0, variance 1 and bounds ±6. Raises UnsupportedModelError for
    other types.
    """
    return [
        [
            _values(graph.tensors[index], f"{seed}/{number}/{position}".encode())
            for position, index in enumerate(graph.inputs)
        ]
        for number in range(count)
    ]


def _values(tensor: Tensor, key: bytes) -> bytes:
    # A hash as generator: its bytes are the same for ever, which numpy's generators do not promise.
    if tensor.dtype in _UNIFORM:
        return hashlib.shake_256(key).digest(tensor.size_bytes)
    if tensor.dtype is DataType.BOOL:
        return bytes(byte & 1 for byte in hashlib.shake_256(key).digest(tensor.size_bytes))
    if tensor.dtype is DataType.FLOAT32:
        raw = hashlib.shake_256(key).digest(tensor.elements * _SUMMANDS * 2)
        sums = np.frombuffer(raw, dtype="<u2").reshape(tensor.elements, _SUMMANDS).sum(axis=1, dtype=np.int64)
        # Integers of 20 bits over a power of two: exact in float32, without any library function that rounds.
        values: bytes = ((sums - _SUMMANDS * 65535 // 2) / 65536).astype("<f4").tobytes()
        return values
    raise UnsupportedModelError(
        f"input tensor #{tensor.index} has type {tensor.dtype}", hint="inputs may be integers, booleans or float32"
    )
