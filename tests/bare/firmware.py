"""Tiny firmwares and boards for tests of the emulator: no generated code, no harness, known to the instruction."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from profiler.boards.model import Board, Cache, Core, CoreFeature, MemoryKind, MemoryRegion, Probe, Uart
from profiler.build.model import Firmware
from profiler.run.counts import execution_profile
from profiler.run.image import load_image
from profiler.run.interface import firmware_of_elf
from profiler.run.machine import Limits, Machine
from profiler.run.model import ExecutionProfile
from profiler.run.native_types import StopReason, TracerStatus

_HERE = Path(__file__).parent
MONITOR = _HERE / "monitor.c"
ECHO = _HERE / "echo.c"
_SOURCE = "test"
_V7_FEATURES = frozenset({CoreFeature.HARDWARE_DIVIDE, CoreFeature.UNALIGNED_ACCESS, CoreFeature.CYCLE_COUNTER})


@dataclass(frozen=True, slots=True, kw_only=True)
class BareRun:
    """What is left of a machine after it ran without any protocol."""

    profile: ExecutionProfile
    status: TracerStatus
    output: bytes

    @property
    def reason(self) -> StopReason:
        return StopReason(self.status.stop_reason)


CORES = {
    "cortex-m0plus": ("CORTEX_M0", frozenset[CoreFeature](), ()),
    "cortex-m3": ("CORTEX_M3", _V7_FEATURES, ()),
    "cortex-m4": (
        "CORTEX_M4",
        _V7_FEATURES | {CoreFeature.DSP, CoreFeature.FPU},
        ("-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
    ),
    "cortex-m7": (
        "CORTEX_M7",
        _V7_FEATURES | {CoreFeature.DSP, CoreFeature.FPU},
        ("-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
    ),
    "cortex-m33": (
        "CORTEX_M33",
        _V7_FEATURES | {CoreFeature.DSP, CoreFeature.FPU},
        ("-mfpu=fpv5-sp-d16", "-mfloat-abi=hard"),
    ),
}
UARTS = {
    "stm32_usart_v1": ("UART_STM32_V1", 0x4000_4400),
    "stm32_usart_v2": ("UART_STM32_V2", 0x4000_4400),
    "nrf_uart": ("UART_NRF", 0x4000_2000),
    "nrf_uarte": ("UART_NRF_EASYDMA", 0x4000_2000),
    "pl011": ("UART_PL011", 0x4003_4000),
    "cmsdk_uart": ("UART_CMSDK", 0x4000_4000),
}


def core(name: str) -> Core:
    model, features, flags = CORES[name]
    return Core(
        name=name,
        features=features,
        gcc_flags=("-mthumb", f"-mcpu={name}", *flags),
        unicorn_model=model,
        source=_SOURCE,
    )


def memory(name: str, kind: MemoryKind, address: int, **changes: object) -> MemoryRegion:
    region = MemoryRegion(
        name=name,
        kind=kind,
        address=address,
        size_bytes=64 * 1024,
        read_wait_cycles=0,
        line_bytes=16 if kind is MemoryKind.FLASH else 4,
        prefetch=False,
        priority=0,
        aliases=(),
        source=_SOURCE,
    )
    return replace(region, **changes)  # type: ignore[arg-type]


def board(
    core_name: str = "cortex-m4",
    *,
    uart: str = "stm32_usart_v2",
    flash_wait_cycles: int = 0,
    caches: tuple[Cache, ...] = (),
) -> Board:
    flash = memory("flash", MemoryKind.FLASH, 0x0800_0000, read_wait_cycles=flash_wait_cycles, aliases=(0,))
    return Board(
        name="bare",
        title="Bare test board",
        vendor="test",
        soc="RP2040" if uart == "pl011" else "test",
        core=core(core_name),
        clock_hz=1_000_000,
        memories=(flash, memory("ram", MemoryKind.RAM, 0x2000_0000)),
        caches=caches,
        uart=Uart(
            name="UART", model=uart, base_address=UARTS[uart][1], baud=115200, tx_pin="", rx_pin="", source=_SOURCE
        ),
        probe=Probe(kind="none", pyocd_target=None, openocd_config=None, usb_ids=()),
        bsp_family="test",
        peripheral_ranges=((0x4000_0000, 0x100_0000),),
        emulated_registers=(),
        vector_table_offset_bytes=0,
        sources=(),
        notes=(),
        digest="0" * 64,
    )


def build(folder: Path, board: Board, *, source: str | Path, defines: tuple[str, ...] = ()) -> Firmware:
    """Compiles one C file (a path, or text) with start-up for the board's core and UART."""
    folder.mkdir(parents=True, exist_ok=True)
    path = source if isinstance(source, Path) else folder / "firmware.c"
    if isinstance(source, str):
        path.write_text(source)
    elf = folder / "firmware.elf"
    command = ["arm-none-eabi-gcc", *board.core.gcc_flags, "-O2", "-g", "-std=c11", "-Wall", "-nostdlib"]
    command += ["-ffreestanding", "-fno-tree-loop-distribute-patterns", f"-I{_HERE}", f"-T{_HERE / 'bare.ld'}"]
    command += [f"-D{name}" for name in (UARTS[board.uart.model][0], *defines)]
    subprocess.run([*command, str(path), "-o", str(elf), "-lgcc"], check=True)
    return firmware_of_elf(elf)


def power_up(firmware: Firmware, board: Board, *, script: bytes = b"", memory_simulation: bool = True) -> BareRun:
    """Boots the firmware, sends it the script at once, and runs it until it waits for more."""
    machine = Machine(
        board=board,
        firmware=firmware,
        image=load_image(firmware.elf_path, board),
        messages=[script],
        prompt=b"",
        limits=Limits(instructions=10_000_000, on_tick=lambda _: False),
        memory_simulation=memory_simulation,
    )
    try:
        machine.run()
        tracer = machine.tracer
        profile = execution_profile(
            tracer.block_records(),
            tracer.edge_records(),
            tracer.memory_records(),
            machine.region_names,
            tracer.event_records(),
        )
        return BareRun(profile=profile, status=tracer.status(), output=tracer.output())
    finally:
        machine.close()
