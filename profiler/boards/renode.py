"""A board as a bare Renode platform: core, memories, UART, cycle counter, and the registers start-up waits for.

Everything else in peripheral space reads back what was written, as in the embedded emulator. The committed files in
`renode_platforms/` are this module's output:

    python -m profiler.boards.renode renode_platforms
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board, CoreFeature, EmulatedRegister, Uart

_CPU_TYPES = {
    "cortex-m0": "cortex-m0",
    "cortex-m0-small-multiplier": "cortex-m0",
    "cortex-m0plus": "cortex-m0+",
    "cortex-m0plus-small-multiplier": "cortex-m0+",
    "cortex-m3": "cortex-m3",
    "cortex-m4": "cortex-m4f",
    "cortex-m7": "cortex-m7",
    "cortex-m33": "cortex-m33",
    "cortex-m55": "cortex-m33",  # Renode 1.15 has neither; their firmware is scalar code for Armv8-M Mainline
    "cortex-m85": "cortex-m33",
}

# Renode class and size of its register space.
_UARTS = {
    "stm32_usart_v1": ("UART.STM32_UART", 0x400),
    "stm32_usart_v2": ("UART.STM32F7_USART", 0x400),
    "nrf_uart": ("UART.NRF52840_UART", 0x1000),
    "nrf_uarte": ("UART.NRF52840_UART", 0x1000),
    "pl011": ("UART.PL011", 0x1000),
    "cmsdk_uart": ("UART.CMSDK_APB_UART", 0x1000),
}
_OF_UNKNOWN_SIZE = ("UART.STM32_UART",)  # such a peripheral is given a range, not an address


def renode_platform(board: Board) -> str:
    """The text of `<board>.repl`. The same board gives the same text."""
    blocks = [
        f"// {board.title}: generated from boards/{board.name}.toml by profiler.boards.renode; not to be edited.",
        *_core(board),
        *_memories(board),
        _uart(board),
        *_peripherals(board),
    ]
    return "\n\n".join(blocks) + "\n"


def renode_setup(board: Board, *, platform: str, elf: str) -> list[str]:
    """Monitor commands that make the machine and load a firmware; `platform` and `elf` as the monitor takes files.

    The vector table's place is told, not left to Renode's guess: behind a boot loader it guesses wrong.
    """
    vectors = board.boot_flash.address + board.vector_table_offset_bytes
    return [
        "using sysbus",
        f'mach create "{board.name}"',
        f"machine LoadPlatformDescription {platform}",
        f"sysbus LoadELF {elf}",
        f"cpu VectorTableOffset {vectors:#010x}",
    ]


def _core(board: Board) -> Iterator[str]:
    yield (f"nvic: IRQControllers.NVIC @ sysbus 0xE000E000\n    systickFrequency: {board.clock_hz}\n    IRQ -> cpu@0")
    # One instruction a cycle: Renode has no timing of its own.
    mips = board.clock_hz // 1_000_000
    yield (
        f'cpu: CPU.CortexM @ sysbus\n    cpuType: "{_CPU_TYPES[board.core.name]}"\n'
        f"    PerformanceInMips: {mips}\n    nvic: nvic"
    )
    if CoreFeature.CYCLE_COUNTER in board.core.features:
        yield f"dwt: Miscellaneous.DWT @ sysbus 0xE0001000\n    frequency: {board.clock_hz}"


def _memories(board: Board) -> Iterator[str]:
    for memory in board.memories:
        places = "; ".join(f"sysbus {address:#010x}" for address in (memory.address, *memory.aliases))
        place = f"{{ {places} }}" if memory.aliases else places
        yield f"{memory.name}: Memory.MappedMemory @ {place}\n    size: {memory.size_bytes:#x}"


def _uart(board: Board) -> str:
    uart = board.uart
    kind, size = _UARTS[uart.model]
    options = {
        "stm32_usart_v2": f"\n    frequency: {board.clock_hz}",
        "nrf_uart": "\n    easyDMA: false",
        "nrf_uarte": "\n    easyDMA: true",
    }.get(uart.model, "")
    place = f"{uart.base_address:#010x}"
    if kind in _OF_UNKNOWN_SIZE:
        place = f"<{place}, +{size:#x}>"
    return f"uart: {kind} @ sysbus {place}{options}"


def _peripherals(board: Board) -> Iterator[str]:
    """One peripheral in Python for each range, with a hole where the UART is."""
    for number, (address, size) in enumerate(_without_uart(board.peripheral_ranges, board.uart)):
        registers = [item for item in board.emulated_registers if address <= item.address < address + size]
        yield (
            f"registers{number}: Python.PythonPeripheral @ sysbus {address:#010x}\n"
            f"    size: {size:#x}\n    initable: true\n    script: '''\n{_script(address, registers)}'''"
        )


def _without_uart(ranges: tuple[tuple[int, int], ...], uart: Uart) -> Iterator[tuple[int, int]]:
    hole_start, hole_end = uart.base_address, uart.base_address + _UARTS[uart.model][1]
    for address, size in ranges:
        end = address + size
        if hole_end <= address or end <= hole_start:
            yield address, size
            continue
        if address < hole_start:
            yield address, hole_start - address
        if hole_end < end:
            yield hole_end, end - hole_end


def _script(base: int, registers: list[EmulatedRegister]) -> str:
    """IronPython that keeps what is written and applies each register's rules on a read."""
    resets = {item.address - base: item.reset_value for item in registers if item.reset_value}
    rules = {
        item.address - base: (item.set_bits, item.clear_bits, list(item.mirrors))
        for item in registers
        if item.set_bits or item.clear_bits or item.mirrors
    }
    return (
        "attribute = lambda name: getattr(request, name if hasattr(request, name) else name[0].upper() + name[1:])\n"
        "if attribute('isInit'):\n"
        f"    stored = {resets!r}\n"
        f"    rules = {rules!r}\n"
        "elif attribute('isWrite'):\n"
        "    stored[attribute('offset')] = attribute('value')\n"
        "else:\n"
        "    value = stored.get(attribute('offset'), 0)\n"
        "    set_bits, clear_bits, mirrors = rules.get(attribute('offset'), (0, 0, []))\n"
        "    value = (value | set_bits) & ~clear_bits\n"
        "    for from_bit, to_bit, width in mirrors:\n"
        "        mask = (1 << width) - 1\n"
        "        value = (value & ~(mask << to_bit)) | (((value >> from_bit) & mask) << to_bit)\n"
        "    setattr(request, 'value' if hasattr(request, 'value') else 'Value', value & 0xFFFFFFFF)\n"
    )


def renode_script(board: Board) -> str:
    """The text of `<board>.resc`: a machine with the firmware `$elf` in it, its console shown, not yet started."""
    commands = renode_setup(board, platform=f"$ORIGIN/{board.name}.repl", elf="$elf")
    return "\n".join(
        [
            f"# {board.title}: generated from boards/{board.name}.toml by profiler.boards.renode; not to be edited.",
            f"# renode -e '$elf=@firmware.elf' -e 'include @renode_platforms/{board.name}.resc' -e start",
            *commands,
            "showAnalyzer sysbus.uart",
            "",
        ]
    )


def platform_files(board: Board) -> dict[str, str]:
    """File name → text of everything Renode needs of a board."""
    return {f"{board.name}.repl": renode_platform(board), f"{board.name}.resc": renode_script(board)}


def write_platforms(folder: Path) -> None:
    """Write the files of every board that comes with the profiler."""
    for name in board_names():
        for file_name, text in platform_files(load_board(name)).items():
            (folder / file_name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_platforms(Path(sys.argv[1]))
