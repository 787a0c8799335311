"""MAXIMUM and MINIMUM with broadcasting: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profiler.codegen.lowering.pairs import lowered_pair, pair_reasons
from profiler.codegen.lowering.requirements import first_reason, required_input, same_quantization
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Lowered
from profiler.graph.model import DataType, Graph, Operator


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why the kernel for this type cannot run an operator, or None."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from pair_reasons(graph, operator, dtype)
    if dtype is not DataType.FLOAT32:
        source = required_input(graph, operator, 0)
        for tensor in (required_input(graph, operator, 1), graph.output_tensor(operator)):
            yield same_quantization(source, tensor)


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Values as they are stored: all three tensors are quantized alike."""
    return lowered_pair(graph, operator, ())


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in ("MAXIMUM", "MINIMUM")
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
