"""Reads a `.tflite` file into a Graph. Nothing in the file is believed before it was checked.

With flatbuffer.py (byte level), schema.py (enumerations) and options_reader.py (operators' options) this is all the
project knows of the format.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from pathlib import Path

from profiler.errors import ModelError, UnsupportedModelError
from profiler.graph.flatbuffer import FlatBuffer, Table, damaged
from profiler.graph.model import DataType, Graph, Operator, Quantization, Tensor
from profiler.graph.options_reader import read_options
from profiler.graph.schema import enumeration
from profiler.graph.structure import require_sound

MODEL_LIMIT_BYTES = 64 << 20  # the largest external flash on boards of this class
ENTRIES_LIMIT = 50_000  # tensors, operators, buffers: the largest published models have a few thousand
RANK_LIMIT = 8
TENSOR_LIMIT_BYTES = 1 << 31
_IDENTIFIER = b"TFL3"
_SCHEMA_VERSION = 3
_NAME_LIMIT_CHARACTERS = 200
_KIND_LIMIT_CHARACTERS = 60
_NOT_IN_A_KIND = re.compile(r"[^A-Za-z0-9_.:/-]")
_FIXED_SHAPE_HINT = "Convert the model with a fixed input shape (a batch of 1)."


_TYPES = {number: DataType(name.lower()) for number, name in enumeration("TensorType").items()}
_KINDS = enumeration("BuiltinOperator")
_ZERO_POINT_RANGES = {
    DataType.INT8: (-128, 127),
    DataType.UINT8: (0, 255),
    DataType.INT16: (-32768, 32767),
    DataType.INT4: (-8, 7),
}


def read(source: str | Path | bytes) -> Graph:
    """The graph of a `.tflite` file, given as a path or as its bytes.

    Raises ModelError when the file cannot be read, is damaged or contradicts itself, and UnsupportedModelError when it
    is sound but uses a feature of the format for which the Graph has no place (several subgraphs, dynamic shapes,
    variables that begin with a value, sparse tensors, weights in another file).
    """
    data = source if isinstance(source, bytes) else load(Path(source))
    if len(data) > MODEL_LIMIT_BYTES:
        raise ModelError(
            f"the model has {len(data)} bytes, more than the {MODEL_LIMIT_BYTES} this version reads",
            hint="No Cortex-M board has flash for such a model; quantize or shrink it.",
        )
    buffer = FlatBuffer(data)
    model = buffer.root(_IDENTIFIER, "model")
    version = model.integer(0, "I")
    if version != _SCHEMA_VERSION:
        damaged("model", f"schema version {version}, expected {_SCHEMA_VERSION}")
    subgraph = _only_subgraph(model)
    tensors = _read_tensors(subgraph, _read_buffers(model, data))
    graph = Graph(
        tensors=tensors,
        operators=_read_operators(subgraph, _read_kinds(model), len(tensors)),
        inputs=_tensor_indices(subgraph, 1, "inputs", len(tensors)),
        outputs=_tensor_indices(subgraph, 2, "outputs", len(tensors)),
        model_sha256=hashlib.sha256(data).hexdigest(),
        model_bytes=len(data),
        description=model.text(3, "description")[:_NAME_LIMIT_CHARACTERS],
    )
    require_sound(graph)
    return graph


def load(path: Path) -> bytes:
    """The file's bytes, no more of them than show that it is too large. Raises ModelError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MODEL_LIMIT_BYTES + 1)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}", hint="Check the path.") from error


def _only_subgraph(model: Table) -> Table:
    subgraphs = model.tables(2, "subgraph", ENTRIES_LIMIT)
    if not subgraphs:
        damaged("model", "it has no subgraph, so there is nothing to run")
    if len(subgraphs) > 1:
        raise UnsupportedModelError(
            f"the model has {len(subgraphs)} subgraphs (control flow such as IF or WHILE), one can be run",
            hint="Convert it without control flow, or export one signature only. Recurrent layers: build them with "
            "unroll=True, or give the .keras file, whose LSTM layers become one operator each.",
        )
    return subgraphs[0]


def _read_buffers(model: Table, data: bytes) -> list[bytes]:
    """Contents of all buffers; models above 2 GB keep them behind the flatbuffer, told by offset and size."""
    contents = []
    for buffer in model.tables(4, "buffer", ENTRIES_LIMIT):
        offset, size_bytes = buffer.integer(1, "Q"), buffer.integer(2, "Q")
        if offset > 1:
            buffer.require(offset, size_bytes)
            contents.append(data[offset : offset + size_bytes])
        else:
            contents.append(buffer.raw(0, "data"))
    return contents


def _read_kinds(model: Table) -> list[tuple[str, int]]:
    """Name and version of each operator code."""
    return [(_kind(code), code.integer(2, "i", default=1)) for code in model.tables(1, "operator code", ENTRIES_LIMIT)]


def _kind(code: Table) -> str:
    # Writers before 2020 know only the byte-sized field, later ones write both.
    number = max(code.integer(0, "b"), code.integer(3, "i"))
    kind = _KINDS.get(number, f"BUILTIN_{number}")
    if kind == "CUSTOM":
        # Kinds are quoted in every error, so what a file may put there is narrowed at once.
        return "CUSTOM:" + _NOT_IN_A_KIND.sub("?", code.text(1, "custom code")[:_KIND_LIMIT_CHARACTERS])
    return kind


def _read_tensors(subgraph: Table, buffers: Sequence[bytes]) -> tuple[Tensor, ...]:
    return tuple(
        _read_tensor(index, table, buffers) for index, table in enumerate(subgraph.tables(0, "tensor", ENTRIES_LIMIT))
    )


def _read_tensor(index: int, table: Table, buffers: Sequence[bytes]) -> Tensor:
    dtype = _TYPES.get(table.integer(1, "b"))
    if dtype is None:
        damaged(table.where, f"element type {table.integer(1, 'b')} is not in the schema")
    _refuse_unsupported(table)
    shape = table.integers(0, "i", "shape")
    buffer_index = table.integer(2, "I")
    if buffer_index >= len(buffers):
        damaged(table.where, f"its buffer is number {buffer_index}, the model has {len(buffers)}")
    data = buffers[buffer_index] or None
    tensor = Tensor(
        index=index,
        name=table.text(3, "name")[:_NAME_LIMIT_CHARACTERS],
        shape=shape,
        dtype=dtype,
        quantization=_read_quantization(table, shape, dtype, only_zeros=data is not None and not any(data)),
        data=data,
        is_variable=table.boolean(5),
    )
    if tensor.is_variable and tensor.is_constant:
        raise UnsupportedModelError(
            f"{table.where} is a variable that begins with a value of its own", hint="Convert a stateless model."
        )
    _require_sizes_agree(tensor, table.where)
    return tensor


def _refuse_unsupported(table: Table) -> None:
    reasons = (
        (table.has(6), "is sparse", "Convert the model without sparse weights."),
        (table.integer(10, "I") != 0, "has its values in another file", "Convert the model into one file."),
    )
    for applies, reason, hint in reasons:
        if applies:
            raise UnsupportedModelError(f"{table.where} {reason}", hint=hint)


def _require_sizes_agree(tensor: Tensor, where: str) -> None:
    shape = list(tensor.shape)
    if len(shape) > RANK_LIMIT:
        damaged(where, f"it has {len(shape)} dimensions, more than the {RANK_LIMIT} of the format's runtimes")
    if -1 in shape:
        raise UnsupportedModelError(f"{where} has a dynamic shape {shape}", hint=_FIXED_SHAPE_HINT)
    if min(shape, default=0) < 0:
        damaged(where, f"its shape {shape} has a negative dimension")
    if tensor.dtype in (DataType.STRING, DataType.RESOURCE, DataType.VARIANT):
        return  # their elements have no fixed size; `check` names them as unsupported
    four_bit = tensor.dtype is DataType.INT4
    size_bytes = (tensor.elements + 1) // 2 if four_bit else tensor.size_bytes
    if size_bytes > TENSOR_LIMIT_BYTES:
        damaged(where, f"its shape {shape} means {size_bytes} bytes, more than any device has")
    if tensor.data is not None and len(tensor.data) != size_bytes:
        damaged(where, f"its buffer has {len(tensor.data)} bytes, {tensor.dtype} {shape} needs {size_bytes}")


def _read_quantization(
    tensor: Table, shape: tuple[int, ...], dtype: DataType, *, only_zeros: bool
) -> Quantization | None:
    """None when the file has no scales or, as in TensorFlow Lite itself, no zero points."""
    table = tensor.table(4, "quantization")
    if table is None:
        return None
    if table.integer(4, "B"):
        raise UnsupportedModelError(
            f"{tensor.where} has a custom or blockwise quantization",
            hint="Convert the model with per-tensor or per-channel integer quantization.",
        )
    scales, zero_points = table.reals(2, "scales"), table.integers(3, "q", "zero points")
    if not scales or not zero_points:
        return None
    if only_zeros and set(scales) == {0.0}:
        raise UnsupportedModelError(
            f"{tensor.where} is a constant of zeros with scale 0",
            hint="The converter writes that for int16 constants that are all zero, as biases are before training: "
            "convert the trained model.",
        )
    axis = table.integer(6, "i")
    _require_sound_quantization(table.where, scales, zero_points)
    if len(scales) > 1 and not (0 <= axis < len(shape) and shape[axis] == len(scales)):
        damaged(table.where, f"{len(scales)} scales along axis {axis} of shape {list(shape)}")
    low, high = _ZERO_POINT_RANGES.get(dtype, (-(1 << 31), (1 << 31) - 1))
    if not low <= min(zero_points) <= max(zero_points) <= high:
        damaged(table.where, f"zero points {min(zero_points)} to {max(zero_points)} are not values of {dtype}")
    if len(zero_points) == 1:
        zero_points *= len(scales)
    return Quantization(scales=scales, zero_points=zero_points, axis=axis if len(scales) > 1 else 0)


def _require_sound_quantization(where: str, scales: Sequence[float], zero_points: Sequence[int]) -> None:
    for scale in scales:
        if not (math.isfinite(scale) and scale > 0):
            damaged(where, f"a scale is {scale}; a scale is finite and above 0")
    if len(zero_points) not in (1, len(scales)):
        damaged(where, f"{len(zero_points)} zero points for {len(scales)} scales")


def _read_operators(subgraph: Table, kinds: Sequence[tuple[str, int]], tensor_count: int) -> tuple[Operator, ...]:
    operators = []
    for index, table in enumerate(subgraph.tables(3, "operator", ENTRIES_LIMIT)):
        code = table.integer(0, "I")
        if code >= len(kinds):
            damaged(table.where, f"its operator code is number {code}, the model has {len(kinds)}")
        kind, version = kinds[code]
        options = read_options(kind, table.integer(3, "B"), table.table(4, "options"), table.where)
        operators.append(
            Operator(
                index=index,
                kind=kind,
                inputs=_tensor_indices(table, 1, "inputs", tensor_count, optional=True),
                outputs=_tensor_indices(table, 2, "outputs", tensor_count),
                options=options,
                version=version,
            )
        )
    return tuple(operators)


def _tensor_indices(
    table: Table, field: int, what: str, tensor_count: int, *, optional: bool = False
) -> tuple[int, ...]:
    indices = table.integers(field, "i", what)
    lowest = -1 if optional else 0
    for index in indices:
        if not lowest <= index < tensor_count:
            damaged(table.where, f"among its {what} is tensor {index}, the model has {tensor_count}")
    return indices
