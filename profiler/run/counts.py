"""Records of the native tracer → ExecutionProfile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from profiler.run.model import BlockCount, EdgeCount, ExecutionProfile, LayerExecution, MemoryCounts
from profiler.run.native_types import BlockRecord, EdgeRecord, MemoryRecord

_MEMORY_FIELDS = (
    "fetches",
    "fetch_misses",
    "fetch_sequential_misses",
    "reads",
    "read_misses",
    "read_sequential_misses",
    "writes",
)


def execution_profile(
    blocks: Sequence[BlockRecord],
    edges: Sequence[EdgeRecord],
    memory: Sequence[MemoryRecord],
    region_names: Sequence[str],
) -> ExecutionProfile:
    """Records, of which several may tell of the same block or edge, merged by layer in order of first execution.

    Within a layer blocks and edges are sorted by address, so equal runs give equal profiles.
    """
    layers = list(dict.fromkeys(record.layer for record in chain(blocks, memory)))
    block_counts: dict[int, Counter[tuple[int, int, int]]] = {layer: Counter() for layer in layers}
    edge_counts: dict[int, Counter[tuple[int, int]]] = {layer: Counter() for layer in layers}
    memory_counts: dict[int, Counter[tuple[int, str]]] = {layer: Counter() for layer in layers}
    for block in blocks:
        block_counts[block.layer][block.address, block.size_bytes, block.instructions] += block.count
    for edge in edges:
        edge_counts[edge.layer][edge.from_address, edge.to_address] += edge.count
    for record in memory:
        for name in _MEMORY_FIELDS:
            memory_counts[record.layer][record.region, name] += getattr(record, name)
    return ExecutionProfile(
        layers=tuple(
            LayerExecution(
                layer=layer,
                blocks=_blocks(block_counts[layer]),
                edges=_edges(edge_counts[layer]),
                memory=_memory(memory_counts[layer], region_names),
            )
            for layer in layers
        )
    )


def _blocks(counts: Counter[tuple[int, int, int]]) -> tuple[BlockCount, ...]:
    return tuple(
        BlockCount(address=address, size_bytes=size, instructions=instructions, count=count)
        for (address, size, instructions), count in sorted(counts.items())
    )


def _edges(counts: Counter[tuple[int, int]]) -> tuple[EdgeCount, ...]:
    return tuple(
        EdgeCount(from_address=source, to_address=target, count=count)
        for (source, target), count in sorted(counts.items())
    )


def _memory(counts: Counter[tuple[int, str]], names: Sequence[str]) -> tuple[MemoryCounts, ...]:
    regions = sorted({region for region, _ in counts})
    return tuple(
        MemoryCounts(region=names[region], **{name: counts[region, name] for name in _MEMORY_FIELDS})
        for region in regions
    )
