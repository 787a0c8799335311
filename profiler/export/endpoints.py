"""A model's inputs and outputs as the header, the example and the README of a library tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profiler.codegen.emit import C_TYPES
from profiler.graph.model import Graph
from profiler.plan.model import MemoryPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One tensor as text; the readable figures are empty where it is not quantized."""

    size_bytes: int
    dtype: str
    c_type: str
    shape: tuple[int, ...]
    initializer: str  # of the C struct
    readable_scale: str
    readable_zero_point: str


def endpoints(graph: Graph, plan: MemoryPlan, indices: Sequence[int], prefix: str) -> list[Endpoint]:
    """The tensors of `indices` in their order; enumerators begin with `prefix`."""
    described = []
    for index in indices:
        tensor, quantization = graph.tensors[index], graph.tensors[index].quantization
        scale = float(quantization.scales[0]) if quantization else 1.0
        zero_point = quantization.zero_points[0] if quantization else 0
        fields = (
            str(plan.tensor_offsets[index]),
            str(tensor.size_bytes),
            f"{prefix}_{tensor.dtype.name}",
            str(len(tensor.shape)),
            f"{{{', '.join(map(str, tensor.shape))}}}",
            f"{scale.hex()}f",
            str(zero_point),
        )
        described.append(
            Endpoint(
                size_bytes=tensor.size_bytes,
                dtype=tensor.dtype.name,
                c_type=C_TYPES[tensor.dtype],
                shape=tensor.shape,
                initializer=f"{{{', '.join(fields)}}}",
                readable_scale=f"{scale:.9g}" if quantization else "",
                readable_zero_point=str(zero_point) if quantization else "",
            )
        )
    return described
