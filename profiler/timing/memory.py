"""Cycles spent waiting for memory: counts of misses × wait states of the board's regions.

    data_wait  = read_misses × W
    fetch_wait = (fetch_misses − sequential) × W + sequential × max(0, W − C)

W is the region's `read_wait_cycles`. A prefetcher starts on the next line as soon as execution enters a line, so by
the time execution gets there C cycles have passed: the cycles the core takes to consume one line without waiting,
C = line_bytes × core_cycles / executed_bytes of the layer. Without a prefetcher C = 0.

Data reads are never hidden: the prefetchers of the parts we know serve the instruction bus (STM32L4+ RM0432 3.3.5,
STM32F4 RM0090 3.5). A miss stalls for one access of the array, however long the cache's line is: the word asked for
comes first. Writes go through the core's write buffer and are taken as free.
"""

from __future__ import annotations

from dataclasses import dataclass

from profiler.boards.model import Board, MemoryRegion
from profiler.errors import BoardError
from profiler.run.model import LayerExecution, MemoryCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryWait:
    """Cycles a layer waits for instructions and for data."""

    fetch_wait_cycles: int
    data_wait_cycles: int


def memory_wait(layer: LayerExecution, board: Board, core_cycles: int) -> MemoryWait:
    """Wait cycles of a layer that takes `core_cycles` with memory that answers at once.

    Raises BoardError when the counts name a region that the board does not have.
    """
    regions = {region.name: region for region in board.memories}
    executed_bytes = sum(block.count * block.size_bytes for block in layer.blocks)
    fetch = data = 0
    for counts in layer.memory:
        region = regions.get(counts.region)
        if region is None:
            raise BoardError(
                f"the run counted accesses to {counts.region!r}, which {board.name} does not have",
                hint=f"its memories are {', '.join(sorted(regions))}",
            )
        fetch += fetch_wait_cycles(counts, region, core_cycles=core_cycles, executed_bytes=executed_bytes)
        data += counts.read_misses * region.read_wait_cycles
    return MemoryWait(fetch_wait_cycles=fetch, data_wait_cycles=data)


def fetch_wait_cycles(counts: MemoryCounts, region: MemoryRegion, *, core_cycles: int, executed_bytes: int) -> int:
    """Cycles the core waits for instructions of one region; the formula is at the top of this file."""
    wait = region.read_wait_cycles
    sequential = min(counts.fetch_sequential_misses, counts.fetch_misses) if region.prefetch else 0
    consume = region.line_bytes * core_cycles // executed_bytes if executed_bytes else 0
    return (counts.fetch_misses - sequential) * wait + sequential * max(0, wait - consume)
