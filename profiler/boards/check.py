"""Everything about a board file that can be found wrong without building: each problem with its key and what to do."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from profiler.boards.loader import file_values, load_board
from profiler.boards.model import Board, CacheServes, MemoryKind, MemoryRegion
from profiler.boards.renode import platform_files
from profiler.boards.schema import BoardFile
from profiler.errors import BoardError

PAGE_BYTES = 4096  # the emulator maps whole pages
_PRIVATE_PERIPHERAL_BUS = (0xE000_0000, 0x10_0000)  # Armv7-M ARM B3.1
_VECTOR_ALIGNMENT_BYTES = 128  # of the vector table, least of all cores (Armv7-M ARM B3.2.5; Armv6-M has 256 at most)
_REGISTER_BITS = 32
_MHZ = 1_000_000

# UART models → how its pins are written, and how many a port has; the MPS3's UARTs have none (USB).
_PINS = {
    "stm32_usart_v1": (r"P[A-K](\d+)", 16),
    "stm32_usart_v2": (r"P[A-K](\d+)", 16),
    "nrf_uart": (r"P[01]\.(\d+)", 32),
    "nrf_uarte": (r"P[01]\.(\d+)", 32),
    "pl011": (r"GP(\d+)", 30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`key` is where in the file ("memories.1.address"), "" for the file as a whole."""

    key: str
    message: str
    remedy: str


def check_file(path: Path, platforms: Path | None = None) -> list[Problem]:
    """All problems of a board file; none when it is right as far as can be told without building.

    `platforms` is the folder of committed Renode platforms that the board's must be among, None for a board of one's
    own.
    Raises BoardError when the file cannot be read at all.
    """
    try:
        BoardFile.model_validate(file_values(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return [Problem(key="", message=f"not TOML: {error}", remedy="docs/boards.md shows a whole board file")]
    except ValidationError as error:
        return [_of_schema(each["loc"], each["msg"]) for each in error.errors(include_url=False)]
    try:
        board = load_board(path)
    except BoardError as error:  # a core that there is not
        return [Problem(key="core", message=error.message, remedy=error.hint or "")]
    return [*check_board(board), *_platform_problems(board, platforms)]


def check_board(board: Board) -> list[Problem]:
    """Problems of a board whose file has the right form."""
    return [problem for check in CHECKS for problem in check(board)]


def _of_schema(location: tuple[int | str, ...], message: str) -> Problem:
    key = ".".join(str(part) for part in location)
    return Problem(key=key, message=message.removeprefix("Value error, "), remedy="docs/boards.md explains every key")


def _clock(board: Board) -> Iterator[Problem]:
    if board.clock_hz % _MHZ:
        yield Problem(
            key="clock.hz",
            message=f"{board.clock_hz:,} Hz are no whole megahertz: the firmware counts whole microseconds",
            remedy="choose a clock that is, as the board support package sets it",
        )


def _memories(board: Board) -> Iterator[Problem]:
    for index, memory in enumerate(board.memories):
        key = f"memories.{index}"
        for name, address in (("address", memory.address), *(("aliases", alias) for alias in memory.aliases)):
            if address % PAGE_BYTES:
                yield Problem(
                    key=f"{key}.{name}",
                    message=f"{memory.name} at {address:#010x} does not begin at a page of {PAGE_BYTES} bytes",
                    remedy="give the address of the whole memory as the manual's memory map has it",
                )
        if memory.size_bytes % memory.line_bytes or memory.size_bytes % 4:
            yield Problem(
                key=f"{key}.size_bytes",
                message=f"{memory.name} has {memory.size_bytes} bytes, no whole number of lines of {memory.line_bytes}",
                remedy="check the size, and line_bytes: what one read of the array delivers",
            )
    ranks = Counter(memory.priority for memory in board.ram_regions)
    for priority, count in ranks.items():
        if count > 1:
            yield Problem(
                key="memories.priority",
                message=f"{count} RAM regions have priority {priority}",
                remedy="number them in the order in which RAM is to be filled",
            )


def _boot(board: Board) -> Iterator[Problem]:
    offset, flash = board.vector_table_offset_bytes, board.boot_flash
    if offset % _VECTOR_ALIGNMENT_BYTES:
        yield Problem(
            key="vector_table_offset_bytes",
            message=f"{offset} is no multiple of {_VECTOR_ALIGNMENT_BYTES}: no core takes a vector table there",
            remedy="round it up: the boot loader leaves the rest free",
        )
    if offset >= flash.size_bytes:
        yield Problem(
            key="vector_table_offset_bytes",
            message=f"{offset} lies behind the end of {flash.name}, which has {flash.size_bytes} bytes",
            remedy="give the offset inside the boot flash, not an address",
        )


def _peripherals(board: Board) -> Iterator[Problem]:
    for index, (address, size) in enumerate(board.peripheral_ranges):
        if address % PAGE_BYTES or size % PAGE_BYTES:
            yield Problem(
                key=f"peripherals.{index}",
                message=f"{address:#010x} + {size:#x} is no whole number of pages of {PAGE_BYTES} bytes",
                remedy="round the range outwards to whole pages",
            )


def _uart(board: Board) -> Iterator[Problem]:
    uart = board.uart
    if not _covered(board, uart.base_address) or uart.base_address % 4:
        yield Problem(
            key="uart.base_address",
            message=f"{uart.name} at {uart.base_address:#010x} is in none of the [[peripherals]], or not aligned",
            remedy="add the range of its bus to [[peripherals]], or correct the address",
        )
    if uart.model not in _PINS:
        return
    pattern, count = _PINS[uart.model]
    for key, pin in (("tx_pin", uart.tx_pin), ("rx_pin", uart.rx_pin)):
        found = re.fullmatch(pattern, pin)
        if found is None or int(found[1]) >= count:
            yield Problem(
                key=f"uart.{key}",
                message=f"{pin} is no pin of a part with a {uart.model}",
                remedy="PG7 (STM32: 0 to 15), P1.03 (nRF: 0 to 31) or GP0 (RP2040: 0 to 29)",
            )
    if uart.tx_pin == uart.rx_pin:
        yield Problem(
            key="uart.rx_pin",
            message=f"transmits and receives on {uart.tx_pin}",
            remedy="see the board's schematic or user manual",
        )


def _registers(board: Board) -> Iterator[Problem]:
    seen: dict[int, str] = {}
    for index, register in enumerate(board.emulated_registers):
        key = f"emulated_registers.{index}"
        if register.address % 4 or not _covered(board, register.address):
            yield Problem(
                key=f"{key}.address",
                message=f"{register.name} at {register.address:#010x} is unaligned, or in none of the [[peripherals]]",
                remedy="correct the address, or add its range to [[peripherals]]",
            )
        if register.address in seen:
            yield Problem(
                key=f"{key}.address",
                message=f"{register.name} has the address of {seen[register.address]}",
                remedy="join the two, or correct one of them",
            )
        seen[register.address] = register.name
        for source, target, width in register.mirrors:
            if min(source, target, width - 1) < 0 or max(source, target) + width > _REGISTER_BITS:
                yield Problem(
                    key=f"{key}.mirrors",
                    message=f"[{source}, {target}, {width}] of {register.name} leaves its {_REGISTER_BITS} bits",
                    remedy="a mirror is [from bit, to bit, width]",
                )
    for index, control in enumerate(board.memory_controls):
        if control.address % 4 or not _covered(board, control.address) or control.lsb + control.width > _REGISTER_BITS:
            yield Problem(
                key=f"memory_controls.{index}",
                message=f"{control.setting} at {control.address:#010x} is not aligned, in no known range, or too wide",
                remedy="give the control register's address, and the field's lowest bit and width",
            )


def _caches(board: Board) -> Iterator[Problem]:
    regions = {memory.name: memory for memory in board.memories}
    served: dict[tuple[str, CacheServes], str] = {}
    for index, cache in enumerate(board.caches):
        key = f"caches.{index}"
        lines = max(regions[name].line_bytes for name in cache.regions)
        for name in ("line_bytes", "ways"):
            value: int = getattr(cache, name)
            if name == "line_bytes" and (value < lines or value & (value - 1)):
                yield Problem(
                    key=f"{key}.line_bytes",
                    message=f"{cache.name} has lines of {value} bytes in front of a memory with lines of {lines}",
                    remedy="a cache line is a power of two and at least one line of the memory it stands before",
                )
        sides = (CacheServes.INSTRUCTION, CacheServes.DATA) if cache.serves is CacheServes.UNIFIED else (cache.serves,)
        for region in cache.regions:
            for side in sides:
                other = served.setdefault((region, side), cache.name)
                if other != cache.name:
                    yield Problem(
                        key=f"{key}.regions",
                        message=f"{cache.name} and {other} both serve {side.value} accesses to {region}",
                        remedy="one cache a memory and kind of access; join the two or leave a region out",
                    )


def _covered(board: Board, address: int) -> bool:
    ranges = (*board.peripheral_ranges, _PRIVATE_PERIPHERAL_BUS)
    return any(start <= address < start + size for start, size in ranges)


def _platform_problems(board: Board, platforms: Path | None) -> Iterator[Problem]:
    try:
        files = platform_files(board)
    except KeyError as error:
        yield Problem(
            key="core",
            message=f"Renode has no core or UART for {error.args[0]}",
            remedy="the board can be used, but not with --on renode",
        )
        return
    for name, text in files.items() if platforms is not None else ():
        path = (platforms or Path()) / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield Problem(
                key="",
                message=f"renode_platforms/{name} is not what the board file says",
                remedy="run: python -m profiler.boards.renode renode_platforms",
            )


def _wait_states(board: Board) -> Iterator[Problem]:
    """Memory that answers at once at a clock at which no flash does, or a RAM with the waits of a flash."""
    for index, memory in enumerate(board.memories):
        if _looks_too_fast(memory, board.clock_hz):
            yield Problem(
                key=f"memories.{index}.read_wait_cycles",
                message=f"{memory.name} has no wait states at {board.clock_hz / 1e6:g} MHz",
                remedy="see the manual's table of flash wait states at that clock",
            )


_FASTEST_FLASH_HZ = 100_000_000  # no on-chip flash answers sooner than in 10 ns


def _looks_too_fast(memory: MemoryRegion, clock_hz: int) -> bool:
    return memory.kind is MemoryKind.FLASH and memory.read_wait_cycles == 0 and clock_hz > _FASTEST_FLASH_HZ


CHECKS: tuple[Callable[[Board], Iterator[Problem]], ...] = (
    _clock,
    _memories,
    _boot,
    _peripherals,
    _uart,
    _registers,
    _caches,
    _wait_states,
)
