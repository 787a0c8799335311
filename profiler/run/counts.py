"""Records of the native tracer → ExecutionProfile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from profiler.run.model import (
    ZERO_OPERAND,
    BlockCount,
    DivideCount,
    EdgeCount,
    ExecutionProfile,
    LayerExecution,
    MemoryCounts,
    MissCount,
    UnalignedCount,
)
from profiler.run.native_types import BlockRecord, EdgeRecord, EventKind, EventRecord, MemoryRecord

_MEMORY_FIELDS = (
    "fetches",
    "fetch_misses",
    "fetch_sequential_misses",
    "reads",
    "read_misses",
    "read_sequential_misses",
    "writes",
)


_UNALIGNED_FIELDS = ("halfwords", "words", "odd_words")  # by the detail of their event


def execution_profile(
    blocks: Sequence[BlockRecord],
    edges: Sequence[EdgeRecord],
    memory: Sequence[MemoryRecord],
    region_names: Sequence[str],
    events: Sequence[EventRecord] = (),
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
    events_of: dict[int, list[EventRecord]] = {layer: [] for layer in layers}
    for event in events:
        events_of[event.layer].append(event)
    return ExecutionProfile(
        layers=tuple(
            LayerExecution(
                layer=layer,
                blocks=_blocks(block_counts[layer]),
                edges=_edges(edge_counts[layer]),
                memory=_memory(memory_counts[layer], region_names),
                misses=_misses(events_of[layer], region_names),
                unaligned=_unaligned(events_of[layer]),
                divides=_divides(events_of[layer]),
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


def _misses(events: Sequence[EventRecord], names: Sequence[str]) -> tuple[MissCount, ...]:
    counts = _counted(events, (EventKind.FETCH, EventKind.FETCH_SEQUENTIAL, EventKind.READ, EventKind.READ_SEQUENTIAL))
    return tuple(
        MissCount(
            address=address,
            region=names[region],
            fetch_misses=sum(counts[address, region, kind] for kind in (EventKind.FETCH, EventKind.FETCH_SEQUENTIAL)),
            fetch_sequential_misses=counts[address, region, EventKind.FETCH_SEQUENTIAL],
            read_misses=sum(counts[address, region, kind] for kind in (EventKind.READ, EventKind.READ_SEQUENTIAL)),
            read_sequential_misses=counts[address, region, EventKind.READ_SEQUENTIAL],
        )
        for address, region in sorted({(address, region) for address, region, _ in counts})
    )


def _unaligned(events: Sequence[EventRecord]) -> tuple[UnalignedCount, ...]:
    counts = _counted(events, (EventKind.UNALIGNED,))
    return tuple(
        UnalignedCount(
            address=address,
            **{name: counts[address, detail, EventKind.UNALIGNED] for detail, name in enumerate(_UNALIGNED_FIELDS)},
        )
        for address in sorted({address for address, _, _ in counts})
    )


def _divides(events: Sequence[EventRecord]) -> tuple[DivideCount, ...]:
    counts = _counted(events, (EventKind.DIVIDE,))
    return tuple(
        DivideCount(address=address, extra_bits=detail + ZERO_OPERAND, count=count)
        for (address, detail, _), count in sorted(counts.items())
    )


def _counted(events: Sequence[EventRecord], kinds: Sequence[EventKind]) -> Counter[tuple[int, int, int]]:
    """Counts by address, detail and kind."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for event in events:
        if event.kind in kinds:
            counts[event.address, event.detail, event.kind] += event.count
    return counts
