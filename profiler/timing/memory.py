"""Cycles spent waiting for memory: counts of misses × what a miss costs on the board.

A region's array delivers A = `line_bytes` per access and takes W = `read_wait_cycles` + `extra_wait_cycles` longer than
the core would wait for fast memory. A cache line of L bytes needs n = L / A accesses (n = 1 without a cache).

    data_wait  = read_misses × n × W
    fetch_wait = (fetch_misses − sequential) × W + sequential × R + fetch_misses × (n − 1) × R
    R          = max(0, W + 1 − C) with a prefetcher, else W
    C          = A × core_cycles / executed_bytes, at least 1

Where a calibration found other numbers than these formulas, `prefetch_overlap` is the share of W − R that the
prefetcher does hide, and `data_wait_factor` multiplies what data waits for W; both are 1 as boards are documented.

C is the time the core takes to consume A bytes of instructions when it never waits. A prefetcher asks for the next A
bytes when execution enters the current ones; they arrive W + 1 cycles later, so what remains to be waited for is R.
Behind a cache that serves instructions and data, the array cannot tell reads from fetches: the prefetcher serves both,
and for data C is the average time between two misses.

A branch into a line, o bytes from its start, leaves the prefetcher less time: the next line is then waited for

    min(W, max(0, W + 1 − (A − o) × C / A)) instead of R

as often as the next line is a sequential miss at all (sequential / fetches).

A miss of a cache costs `miss_cycles` more for the bus between cache and memory, as the board file has it. Where line
fills begin with the word that missed (`critical_word_first`, the caches of Cortex-M7), n = 1 for data.

Where instructions and data of the Code region share a bus (Cortex-M33), a data read takes the place of a fetch:

    fetch_wait += reads × (executed_bytes / 4) / core_cycles, at most one cycle a read

that is, a cycle whenever a fetch would have been on the bus at the time. No figure in it is fitted.

Behind a cache of its own a data read hides nothing: prefetchers there serve instructions only (STM32L4+ RM0432 3.3.5,
STM32F4 RM0090 3.5). That each access of a data line costs W was seen on silicon: docs/timing.md, the autoencoder.
Writes go through the core's write buffer and are taken as free.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from profiler.boards.model import Board, Cache, CacheServes, MemoryRegion
from profiler.errors import BoardError
from profiler.run.model import LayerExecution, MemoryCounts

CODE_REGION_END = 0x2000_0000  # Armv7-M and Armv8-M Architecture Reference Manuals, system address map


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionWait:
    """Cycles a layer waits for one region. A sequential miss counts as `sequential_*_share` of another one.

    `shared_bus_cycles` are fetches that data reads kept from the bus.
    """

    region: str
    fetch_cycles: int
    shared_bus_cycles: int
    data_cycles: int
    sequential_fetch_share: float
    sequential_read_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryWait:
    """Cycles a layer waits for instructions and for data."""

    regions: tuple[RegionWait, ...]

    @property
    def fetch_wait_cycles(self) -> int:
        return sum(region.fetch_cycles + region.shared_bus_cycles for region in self.regions)

    @property
    def data_wait_cycles(self) -> int:
        return sum(region.data_cycles for region in self.regions)


def memory_wait(layer: LayerExecution, board: Board, core_cycles: int) -> MemoryWait:
    """Wait cycles of a layer that takes `core_cycles` with memory that answers at once.

    Raises BoardError when the counts name a region that the board does not have.
    """
    regions = {region.name: region for region in board.memories}
    for counts in layer.memory:
        if counts.region not in regions:
            raise BoardError(
                f"the run counted accesses to {counts.region!r}, which {board.name} does not have",
                hint=f"its memories are {', '.join(sorted(regions))}",
            )
    waits = [_region_wait(layer, board, counts, regions[counts.region], core_cycles) for counts in layer.memory]
    return MemoryWait(regions=tuple(waits))


def _region_wait(
    layer: LayerExecution, board: Board, counts: MemoryCounts, region: MemoryRegion, core_cycles: int
) -> RegionWait:
    executed_bytes = sum(block.count * block.size_bytes for block in layer.blocks)
    cache = _nearest_cache(board, region, CacheServes.INSTRUCTION)
    fetch = counts.fetch_misses * (cache.miss_cycles if cache is not None else 0)
    fetch += fetch_wait_cycles(
        counts,
        region,
        line_accesses=_accesses_a_line(cache, region),
        core_cycles=core_cycles,
        executed_bytes=executed_bytes,
    )
    if region.prefetch and executed_bytes:
        fetch += _late_prefetch_cycles(layer, counts, region, core_cycles / executed_bytes)
    shares_bus = board.core.shared_code_bus and region.address < CODE_REGION_END
    wait = max(1, _wait(region))
    return RegionWait(
        region=region.name,
        fetch_cycles=fetch,
        shared_bus_cycles=_shared_bus_cycles(counts, core_cycles, executed_bytes) if shares_bus else 0,
        data_cycles=_data_wait_cycles(counts, region, board, core_cycles),
        sequential_fetch_share=_remaining_fetch(region, core_cycles, executed_bytes) / wait,
        sequential_read_share=_remaining_read(counts, region, board, core_cycles) / wait,
    )


def _late_prefetch_cycles(
    layer: LayerExecution, counts: MemoryCounts, region: MemoryRegion, cycles_a_byte: float
) -> int:
    """Cycles more than R that the line after a branch target's is waited for, of one region."""
    wait, line_bytes = _wait(region), region.line_bytes
    sequential = min(counts.fetch_sequential_misses, counts.fetch_misses)
    usual = max(0.0, min(wait, wait + 1 - max(1, int(line_bytes * cycles_a_byte))))
    ends: dict[int, set[int]] = defaultdict(set)
    last_ends: dict[int, int] = defaultdict(int)
    for block in layer.blocks:
        ends[block.address].add(block.address + block.size_bytes)
        last_ends[block.address] = max(last_ends[block.address], block.address + block.size_bytes)
    late = 0.0
    for edge in layer.edges:
        target, offset = edge.to_address, (edge.to_address - region.address) % line_bytes
        leaves_line = last_ends[target] > target - offset + line_bytes
        if leaves_line and _holds(region, target) and target not in ends[edge.from_address]:
            waited = max(0.0, min(wait, wait + 1 - (line_bytes - offset) * cycles_a_byte))
            late += edge.count * max(0.0, waited - usual)
    late = late * sequential / counts.fetches if counts.fetches else 0.0
    return round(min(late, sequential * (wait - usual)) * region.prefetch_overlap)


def _wait(region: MemoryRegion) -> int:
    return region.read_wait_cycles + region.extra_wait_cycles


def _holds(region: MemoryRegion, address: int) -> bool:
    """Whether an address is one of a region's, aliases included."""
    return any(0 <= address - base < region.size_bytes for base in (region.address, *region.aliases))


def _shared_bus_cycles(counts: MemoryCounts, core_cycles: int, executed_bytes: int) -> int:
    """Fetches that data reads kept from the bus they share; one word is fetched a cycle."""
    return counts.reads * min(executed_bytes, 4 * core_cycles) // (4 * core_cycles) if core_cycles else 0


def _data_wait_cycles(counts: MemoryCounts, region: MemoryRegion, board: Board, core_cycles: int) -> int:
    """Cycles the core waits for data of one region."""
    wait, misses = _wait(region), counts.read_misses
    cache = _nearest_cache(board, region, CacheServes.DATA)
    accesses = 1 if cache is not None and cache.critical_word_first else _accesses_a_line(cache, region)
    overhead = cache.miss_cycles if cache is not None else 0
    sequential = min(counts.read_sequential_misses, misses)
    remaining = _remaining_read(counts, region, board, core_cycles)
    waited = ((misses - sequential) * wait + sequential * remaining) * accesses
    return round(waited * region.data_wait_factor) + misses * overhead


def _remaining_read(counts: MemoryCounts, region: MemoryRegion, board: Board, core_cycles: int) -> int:
    """R for data: what a sequential miss still waits."""
    wait, misses = _wait(region), counts.read_misses
    prefetched = misses and _prefetches_data(region, _nearest_cache(board, region, CacheServes.DATA))
    return max(0, wait + 1 - core_cycles // misses) if prefetched else wait


def _remaining_fetch(region: MemoryRegion, core_cycles: int, executed_bytes: int) -> float:
    """R: what a sequential miss still waits."""
    wait = _wait(region)
    if not region.prefetch:
        return float(wait)
    consume = max(1, region.line_bytes * core_cycles // executed_bytes) if executed_bytes else 1
    return wait - region.prefetch_overlap * (wait - max(0, wait + 1 - consume))


def _prefetches_data(region: MemoryRegion, cache: Cache | None) -> bool:
    return region.prefetch and cache is not None and cache.serves is CacheServes.UNIFIED


def fetch_wait_cycles(
    counts: MemoryCounts, region: MemoryRegion, *, line_accesses: int, core_cycles: int, executed_bytes: int
) -> int:
    """Cycles the core waits for instructions of one region; the formula is at the top of this file."""
    wait = _wait(region)
    remaining = _remaining_fetch(region, core_cycles, executed_bytes)
    sequential = min(counts.fetch_sequential_misses, counts.fetch_misses)
    first = (counts.fetch_misses - sequential) * wait + sequential * remaining
    return round(first + counts.fetch_misses * (line_accesses - 1) * remaining)


def _nearest_cache(board: Board, region: MemoryRegion, serves: CacheServes) -> Cache | None:
    """The cache whose lines the region's array fills."""
    caches = [
        cache
        for cache in board.caches
        if region.name in cache.regions and cache.serves in (serves, CacheServes.UNIFIED)
    ]
    return caches[-1] if caches else None


def _accesses_a_line(cache: Cache | None, region: MemoryRegion) -> int:
    """Accesses of the region's array that fill one line of a cache; 1 without a cache."""
    return max(1, cache.line_bytes // region.line_bytes) if cache is not None else 1
