"""The graph: what every later stage knows of a model. Built only by a reader, never changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import prod

from profiler.graph.options import Options


class DataType(StrEnum):
    """Element type of a tensor, named as TFLite names it."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    FLOAT64 = "float64"
    INT4 = "int4"
    INT8 = "int8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    UINT8 = "uint8"
    UINT16 = "uint16"
    UINT32 = "uint32"
    UINT64 = "uint64"
    BOOL = "bool"
    STRING = "string"
    COMPLEX64 = "complex64"
    COMPLEX128 = "complex128"
    RESOURCE = "resource"
    VARIANT = "variant"
    BFLOAT16 = "bfloat16"

    @property
    def item_bytes(self) -> int:
        """Bytes of one element. Raises KeyError for types without a fixed size of whole bytes."""
        return _ITEM_BYTES[self]


_ITEM_BYTES = {
    DataType.FLOAT32: 4,
    DataType.FLOAT16: 2,
    DataType.FLOAT64: 8,
    DataType.INT8: 1,
    DataType.INT16: 2,
    DataType.INT32: 4,
    DataType.INT64: 8,
    DataType.UINT8: 1,
    DataType.UINT16: 2,
    DataType.UINT32: 4,
    DataType.UINT64: 8,
    DataType.BOOL: 1,
    DataType.COMPLEX64: 8,
    DataType.COMPLEX128: 16,
    DataType.BFLOAT16: 2,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantization:
    """Affine quantization, real = scale * (q - zero_point); more than one scale means per channel along `axis`."""

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        return len(self.scales) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """One tensor. `data` is little-endian, row-major; None for tensors that are computed at run time."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: DataType
    quantization: Quantization | None = None
    data: bytes | None = None
    is_variable: bool = False  # state of one operator, from step to step; no operator's output

    @property
    def elements(self) -> int:
        return prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self.elements * self.dtype.item_bytes

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def is_activation(self) -> bool:
        """Whether it has a value in every inference that is given or computed: no constant, no state."""
        return not self.is_constant and not self.is_variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One node. `kind` is TFLite's builtin name (`CONV_2D`); an absent optional input is -1.

    `options` is None for kinds this version does not know; `check` then names the operator as unsupported.
    """

    index: int
    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A whole model in execution order. `inputs` and `outputs` are tensor indices."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    model_sha256: str
    model_bytes: int
    description: str = ""

    def input_tensor(self, operator: Operator, position: int) -> Tensor | None:
        """The operator's input at `position`, or None when it is absent."""
        if position >= len(operator.inputs) or operator.inputs[position] < 0:
            return None
        return self.tensors[operator.inputs[position]]

    def output_tensor(self, operator: Operator, position: int = 0) -> Tensor:
        return self.tensors[operator.outputs[position]]
