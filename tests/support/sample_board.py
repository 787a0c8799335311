"""A board for the sample profile: the memories of a NUCLEO-L4R5ZI."""

from __future__ import annotations

from profiler.boards.model import (
    Board,
    Cache,
    CacheServes,
    Core,
    CoreFeature,
    MemoryKind,
    MemoryRegion,
    Probe,
    Replacement,
    Uart,
)


def sample_board(name: str = "nucleo_l4r5zi", *, features: frozenset[CoreFeature] | None = None) -> Board:
    core = Core(
        name="cortex-m4",
        features=frozenset({CoreFeature.DSP, CoreFeature.FPU}) if features is None else features,
        gcc_flags=("-mcpu=cortex-m4",),
        unicorn_model="CORTEX_M4",
        source="test",
    )

    def region(region_name: str, kind: MemoryKind, address: int, kib: int, wait: int, priority: int) -> MemoryRegion:
        return MemoryRegion(
            name=region_name,
            kind=kind,
            address=address,
            size_bytes=kib * 1024,
            read_wait_cycles=wait,
            line_bytes=8 if kind is MemoryKind.FLASH else 4,
            prefetch=kind is MemoryKind.FLASH,
            priority=priority,
            aliases=(0,) if kind is MemoryKind.FLASH else (),
            source="test",
        )

    return Board(
        name=name,
        title="NUCLEO-L4R5ZI",
        vendor="ST",
        soc="STM32L4R5ZI",
        core=core,
        clock_hz=120_000_000,
        memories=(
            region("flash", MemoryKind.FLASH, 0x0800_0000, 2048, 5, 0),
            region("sram1", MemoryKind.RAM, 0x2000_0000, 192, 0, 0),
            region("sram2", MemoryKind.RAM, 0x1000_0000, 64, 0, 1),
            region("sram3", MemoryKind.RAM, 0x2004_0000, 384, 0, 2),
        ),
        caches=(
            Cache(
                name="art",
                serves=CacheServes.INSTRUCTION,
                regions=("flash",),
                size_bytes=1024,
                line_bytes=32,
                ways=32,
                replacement=Replacement.LRU,
                source="test",
            ),
        ),
        uart=Uart(
            name="LPUART1",
            model="stm32_usart_v2",
            base_address=0x4000_8000,
            baud=115_200,
            tx_pin="PG7",
            rx_pin="PG8",
            source="test",
        ),
        probe=Probe(kind="stlink", pyocd_target=None, openocd_config=None, usb_ids=()),
        bsp_family="stm32l4",
        peripheral_ranges=((0x4000_0000, 0x2000_0000),),
        emulated_registers=(),
        vector_table_offset_bytes=0,
        sources=("test",),
        notes=(),
        digest="b0a7" * 16,
    )
