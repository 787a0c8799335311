"""Claims about placing a program on a board."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.boards.model import Board, Core, MemoryKind, MemoryRegion, Probe, Uart
from profiler.errors import DoesNotFitError
from profiler.plan.fit import LargestTensor, MemoryPlacement, fit, largest_tensor, place
from tests.support.plan_graphs import chain

KIB = 1024


def region(name: str, address: int, kib: int, priority: int = 0, kind: MemoryKind = MemoryKind.RAM) -> MemoryRegion:
    return MemoryRegion(
        name=name,
        kind=kind,
        address=address,
        size_bytes=kib * KIB,
        read_wait_cycles=0,
        line_bytes=4,
        prefetch=False,
        priority=priority,
        aliases=(),
        source="test",
    )


def board(*ram: MemoryRegion, skipped_bytes: int = 0) -> Board:
    core = Core(name="cortex-m4", features=frozenset(), gcc_flags=(), unicorn_model="CORTEX_M4", source="test")
    return Board(
        name="test_board",
        title="Test board",
        vendor="nobody",
        soc="none",
        core=core,
        clock_hz=1_000_000,
        memories=(region("flash", 0x0800_0000, 128, kind=MemoryKind.FLASH), *ram),
        caches=(),
        uart=Uart(name="u", model="pl011", base_address=0, baud=115200, tx_pin="", rx_pin="", source="test"),
        probe=Probe(kind="none", pyocd_target=None, openocd_config=None, usb_ids=()),
        bsp_family="none",
        peripheral_ranges=(),
        emulated_registers=(),
        vector_table_offset_bytes=skipped_bytes,
        sources=(),
        notes=(),
        digest="",
    )


TIGHT = region("tcm", 0x2000_0000, 64, priority=0)
WIDE = region("sram1", 0x2001_0000, 240, priority=1)  # begins where the TCM ends
TAIL = region("sram2", 0x2004_C000, 16, priority=2)
FAR = region("ccm", 0x1000_0000, 64, priority=0)


def placed(*ram: MemoryRegion, arena_kib: float, other_kib: float = 1, stack_kib: float = 1) -> MemoryPlacement:
    return place(
        board(*ram),
        arena_bytes=int(arena_kib * KIB),
        other_ram_bytes=int(other_kib * KIB),
        stack_bytes=int(stack_kib * KIB),
        flash_bytes=10 * KIB,
    )


def test_what_fits_together_goes_into_the_preferred_region() -> None:
    result = placed(TIGHT, WIDE, arena_kib=40)
    assert result.arena == result.data
    assert result.arena.regions == ("tcm",)
    assert result.arena.uses == (("arena", 40 * KIB), ("data, bss, stack", 2 * KIB))
    assert result.arena.free_bytes == 22 * KIB


def test_the_arena_goes_elsewhere_when_only_the_stack_fits_the_preferred_region() -> None:
    result = placed(TIGHT, WIDE, arena_kib=200)
    assert (result.data.regions, result.arena.regions) == (("tcm",), ("sram1",))


def test_the_arena_gets_the_fast_region_when_it_fills_it_alone() -> None:
    result = placed(TIGHT, WIDE, arena_kib=64)
    assert (result.data.regions, result.arena.regions) == (("sram1",), ("tcm",))


def test_regions_that_touch_are_joined_for_a_large_arena() -> None:
    result = placed(TIGHT, WIDE, TAIL, arena_kib=300)
    assert result.arena.regions == ("tcm", "sram1")
    assert result.arena.address == TIGHT.address
    assert result.data.regions == ("sram2",)


def test_regions_with_a_gap_between_them_are_not_joined() -> None:
    result = fit(board(FAR, TIGHT), arena_bytes=100 * KIB, other_ram_bytes=0, stack_bytes=KIB, flash_bytes=0)
    assert result.placement is None
    assert result.reasons == (
        "model needs 101.0 KiB of RAM, test_board has 128.0 KiB, but in pieces of at most 64.0 KiB: "
        "an arena of 100.0 KiB finds no place",
    )


def test_the_refusal_names_the_numbers_and_the_largest_tensor() -> None:
    largest = LargestTensor(tensor_index=12, size_bytes=108 * KIB, first_operator=3, last_operator=5)
    with pytest.raises(DoesNotFitError) as raised:
        place(
            board(region("ram", 0x2000_0000, 36)),
            arena_bytes=208 * KIB,
            other_ram_bytes=2 * KIB,
            stack_bytes=2 * KIB,
            flash_bytes=KIB,
            largest=largest,
        )
    assert raised.value.message == (
        "model needs 212.0 KiB of RAM, test_board has 36.0 KiB; largest tensor: #12 (108.0 KiB, live in layers 3–5)"
    )


def test_flash_is_checked_too_without_what_lies_before_the_image() -> None:
    small = board(TIGHT, skipped_bytes=32)
    with pytest.raises(DoesNotFitError, match="needs 131072 bytes of flash, test_board has 131040 bytes"):
        place(small, arena_bytes=8, other_ram_bytes=0, stack_bytes=8, flash_bytes=128 * KIB)


def test_the_largest_tensor_comes_with_its_life() -> None:
    found = largest_tensor(chain([4, 4, 90, 8]))
    assert found == LargestTensor(tensor_index=2, size_bytes=90, first_operator=1, last_operator=2)


@given(st.integers(0, 400), st.integers(0, 80), st.permutations([TIGHT, WIDE, TAIL, FAR]), st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_no_span_is_overfilled_and_none_is_counted_twice(
    arena_kib: int, data_kib: int, ram: list[MemoryRegion], count: int
) -> None:
    target = board(*ram[:count])
    result = fit(target, arena_bytes=arena_kib * KIB, other_ram_bytes=data_kib * KIB, stack_bytes=0, flash_bytes=KIB)
    if result.placement is None:
        largest = max(memory.size_bytes for memory in ram[:count])
        assert arena_kib + data_kib > largest // KIB, "one region alone would have done"
        assert result.reasons
        return
    names = [name for span in result.placement.spans for name in span.regions]
    assert sorted(names) == sorted(memory.name for memory in target.memories)
    assert all(span.free_bytes >= 0 for span in result.placement.spans)
    assert sum(span.used_bytes for span in result.placement.spans) == (arena_kib + data_kib + 1) * KIB
