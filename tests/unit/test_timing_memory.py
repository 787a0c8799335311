"""The memory model on counts written by hand: prefetch, caches, and the bus that fetches and reads may share."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from profiler.boards.model import Board, Cache, CacheServes, Replacement
from profiler.run.model import BlockCount, EdgeCount, LayerExecution, MemoryCounts
from profiler.timing.memory import memory_wait
from tests.support.sample_profile import sample_board

EXECUTED_BYTES, CORE_CYCLES = 30_000, 10_000


def flash_board(*caches: Cache, wait_cycles: int = 5, prefetch: bool = False, shared_code_bus: bool = False) -> Board:
    board = sample_board()
    flash = replace(board.memories[0], read_wait_cycles=wait_cycles, prefetch=prefetch, line_bytes=8)
    core = replace(board.core, shared_code_bus=shared_code_bus)
    return replace(board, core=core, memories=(flash, *board.memories[1:]), caches=caches)


def cache(serves: CacheServes, *, critical_word_first: bool = False, miss_cycles: int = 0) -> Cache:
    return Cache(
        name="cache", serves=serves, regions=("flash",), size_bytes=1024, line_bytes=32, ways=4,
        replacement=Replacement.LRU, source="test", critical_word_first=critical_word_first, miss_cycles=miss_cycles,
    )  # fmt: skip


def waits(board: Board, **counts: int) -> tuple[int, int]:
    block = BlockCount(address=0x0800_0000, size_bytes=30, instructions=12, count=EXECUTED_BYTES // 30)
    memory = MemoryCounts(region="flash", **counts)
    layer = LayerExecution(layer=0, blocks=(block,), edges=(), memory=(memory,))
    found = memory_wait(layer, board, CORE_CYCLES)
    return found.fetch_wait_cycles, found.data_wait_cycles


def test_a_line_of_a_cache_waits_once_for_each_access_that_fills_it() -> None:
    assert waits(flash_board(cache(CacheServes.DATA)), read_misses=10) == (0, 10 * 4 * 5)


def test_the_word_that_missed_comes_first_where_line_fills_wrap() -> None:
    wrapping = flash_board(cache(CacheServes.DATA, critical_word_first=True))
    assert waits(wrapping, read_misses=10) == (0, 10 * 5)


def test_every_miss_pays_for_the_bus_behind_its_cache() -> None:
    data = flash_board(cache(CacheServes.DATA, critical_word_first=True, miss_cycles=4))
    assert waits(data, read_misses=10) == (0, 10 * (5 + 4))
    plain = waits(flash_board(cache(CacheServes.INSTRUCTION)), fetch_misses=10)
    bus = waits(flash_board(cache(CacheServes.INSTRUCTION, miss_cycles=4)), fetch_misses=10)
    assert bus == (plain[0] + 10 * 4, 0)


def test_a_prefetcher_serves_data_behind_a_unified_cache_only() -> None:
    unified = flash_board(cache(CacheServes.UNIFIED), prefetch=True)
    split = flash_board(cache(CacheServes.DATA), prefetch=True)
    assert waits(unified, read_misses=10, read_sequential_misses=8) == (0, 2 * 4 * 5)
    assert waits(split, read_misses=10, read_sequential_misses=8) == (0, 10 * 4 * 5)


def test_a_data_read_takes_the_place_of_a_fetch_where_they_share_a_bus() -> None:
    busy = EXECUTED_BYTES / 4 / CORE_CYCLES  # of the cycles fetch a word
    assert waits(flash_board(shared_code_bus=True), reads=1000) == (int(1000 * busy), 0)
    assert waits(flash_board(), reads=1000) == (0, 0)


def test_reads_of_ram_do_not_disturb_fetches() -> None:
    board = flash_board(shared_code_bus=True)
    layer = LayerExecution(
        layer=0,
        blocks=(BlockCount(address=0x0800_0000, size_bytes=30, instructions=12, count=1000),),
        edges=(),
        memory=(MemoryCounts(region="sram1", reads=1000),),
    )
    assert memory_wait(layer, board, CORE_CYCLES).fetch_wait_cycles == 0


def late_prefetch_wait(offset_bytes: int, wait_cycles: int = 2) -> int:
    """Fetch wait of a loop of 24 bytes that begins `offset_bytes` into a line and is entered 100 times by a branch."""
    address = 0x0800_0000 + offset_bytes
    layer = LayerExecution(
        layer=0,
        blocks=(BlockCount(address=address, size_bytes=24, instructions=12, count=100),),
        edges=(EdgeCount(from_address=address, to_address=address, count=100),),
        memory=(MemoryCounts(region="flash", fetches=400, fetch_misses=400, fetch_sequential_misses=400),),
    )
    return memory_wait(layer, flash_board(wait_cycles=wait_cycles, prefetch=True), 2400).fetch_wait_cycles


def test_a_branch_to_the_end_of_a_line_waits_for_what_cannot_be_prefetched_yet() -> None:
    # One cycle a byte: 8 bytes from the end leave 8 cycles for the 3 that the next line takes, 2 bytes leave 2.
    assert [late_prefetch_wait(offset) for offset in (0, 4, 6)] == [0, 0, 100]


@given(offset=st.sampled_from((0, 2, 4, 6)), low=st.integers(0, 20), more=st.integers(0, 20))
def test_slower_flash_never_makes_a_branch_target_cheaper(offset: int, low: int, more: int) -> None:
    assert late_prefetch_wait(offset, low) <= late_prefetch_wait(offset, low + more)


@given(reads=st.integers(0, 10**9), core_cycles=st.integers(0, 10**9))
def test_a_read_never_costs_more_than_one_fetch(reads: int, core_cycles: int) -> None:
    block = BlockCount(address=0x0800_0000, size_bytes=30, instructions=12, count=1000)
    memory = MemoryCounts(region="flash", reads=reads)
    layer = LayerExecution(layer=0, blocks=(block,), edges=(), memory=(memory,))
    assert 0 <= memory_wait(layer, flash_board(shared_code_bus=True), core_cycles).fetch_wait_cycles <= reads
