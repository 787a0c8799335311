"""A model that gives more tensors away: the same file with another list of outputs."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from profiler.graph.model import Graph

_OUTPUTS_FIELD = 2  # of SubGraph in the schema
_SUBGRAPHS_FIELD = 2  # of Model
_VTABLE_HEADER_BYTES = 4


def with_outputs(model: bytes, tensors: Sequence[int]) -> bytes:
    """`model`, which `read` has accepted, with `tensors` as its outputs; everything else stays where it is.

    The new list is appended, and the subgraph points at it: operators, options and weights cannot change.
    """
    data = bytearray(model)
    subgraphs = _follow(data, _field(data, _follow(data, 0), _SUBGRAPHS_FIELD))
    subgraph = _follow(data, subgraphs + 4)  # behind the vector's length
    outputs = _field(data, subgraph, _OUTPUTS_FIELD)
    data += bytes(-len(data) % 4)
    struct.pack_into("<I", data, outputs, len(data) - outputs)
    return bytes(data) + struct.pack(f"<{len(tensors) + 1}I", len(tensors), *tensors)


def computed_tensors(graph: Graph) -> tuple[int, ...]:
    """Every operator's output, in execution order."""
    return tuple(index for operator in graph.operators for index in operator.outputs)


def _follow(data: bytearray, position: int) -> int:
    return position + int(struct.unpack_from("<I", data, position)[0])


def _field(data: bytearray, table: int, field: int) -> int:
    vtable = table - struct.unpack_from("<i", data, table)[0]
    return table + int(struct.unpack_from("<H", data, vtable + _VTABLE_HEADER_BYTES + 2 * field)[0])
