"""What is to be told of a board: plain values for machines, facts with their sources for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from enum import Enum

from profiler.boards.model import Board, Cache, FittedParameter, MemoryKind, MemoryRegion


def memory_bytes(board: Board, kind: MemoryKind) -> int:
    """All memory of a kind together."""
    return sum(memory.size_bytes for memory in board.memories if memory.kind is kind)


def board_values(board: Board) -> dict[str, object]:
    """Plain values: enumerations by value, sets sorted."""

    def plain(items: list[tuple[str, object]]) -> dict[str, object]:
        return {key: _plain_value(value) for key, value in items}

    return asdict(board, dict_factory=plain)


def _plain_value(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    return value.value if isinstance(value, Enum) else value


def board_facts(board: Board) -> Iterator[tuple[str, str, str]]:
    """(fact, value, source) of everything there is to know; clock and probe have their sources below the table."""
    uart, probe = board.uart, board.probe
    yield "clock", f"{mhz(board)} MHz", ""
    yield "core features", ", ".join(sorted(board.core.features)) or "none", board.core.source
    yield "compiler", " ".join(board.core.gcc_flags), ""
    for memory in board.memories:
        yield memory.name, _memory_text(memory), memory.source
    for cache in board.caches:
        yield cache.name, _cache_text(cache), cache.source
    yield uart.name, f"{uart.baud} baud, TX {uart.tx_pin}, RX {uart.rx_pin}", uart.source
    tools = [("pyOCD", probe.pyocd_target), ("OpenOCD", probe.openocd_config)]
    named = [f"{tool} {name}" for tool, name in tools if name is not None]
    yield "probe", ", ".join([probe.kind, *named, *(f"USB {usb}" for usb in probe.usb_ids)]), ""
    yield from _calibration_facts(board)


def _calibration_facts(board: Board) -> Iterator[tuple[str, str, str]]:
    """Which numbers above were fitted, to what, and by whom."""
    found = board.calibration
    if found is None:
        return
    error = f"mean error {found.mean_error_before:.2%} -> {found.mean_error_after:.2%}"
    value = f"{found.path} of {found.date}, {found.engine}: {found.points} points, {error}"
    yield "calibration", value, found.provenance
    for parameter in found.parameters:
        yield "fitted", parameter_text(parameter), found.path


def parameter_text(parameter: FittedParameter) -> str:
    """A fitted parameter in one line: value, error, bounds, what it was."""
    error = "no standard error" if parameter.standard_error is None else f"± {parameter.standard_error:g}"
    at_bound = ", at its bound" if parameter.value in (parameter.low, parameter.high) else ""
    return (
        f"{parameter.name} = {parameter.value:g} ({error}{at_bound}; was {parameter.initial:g}, bounds "
        f"{parameter.low:g} to {parameter.high:g}): {', '.join(parameter.fields)}"
    )


def _memory_text(memory: MemoryRegion) -> str:
    aliases = "".join(f", also at {alias:#010x}" for alias in memory.aliases)
    prefetch = ", prefetch" if memory.prefetch else ""
    prefetch += f" (overlap {memory.prefetch_overlap:g})" if memory.prefetch_overlap != 1 else ""
    extra = f" + {memory.extra_wait_cycles}" if memory.extra_wait_cycles else ""
    factor = f", data waits x {memory.data_wait_factor:g}" if memory.data_wait_factor != 1 else ""
    return (
        f"{memory.kind.value} {size_text(memory.size_bytes)} at {memory.address:#010x}{aliases}, "
        f"{memory.read_wait_cycles}{extra} wait cycles, {memory.line_bytes} bytes a read{prefetch}{factor}"
    )


def _cache_text(cache: Cache) -> str:
    lines = cache.size_bytes // cache.line_bytes
    ways = "fully associative" if cache.ways == lines else f"{cache.ways} ways"
    miss = f", {cache.miss_cycles} cycles a miss beyond the wait" if cache.miss_cycles else ""
    return (
        f"{cache.serves.value} cache of {', '.join(cache.regions)}: {size_text(cache.size_bytes)}, "
        f"lines of {cache.line_bytes} bytes, {ways}, {cache.replacement.value}{miss}"
    )


def mhz(board: Board) -> str:
    """The clock in MHz."""
    return f"{board.clock_hz / 1e6:g}"


def size_text(size_bytes: int) -> str:
    """`640 KiB`, exact."""
    return f"{size_bytes / 1024:g} KiB" if size_bytes >= 1024 else f"{size_bytes} bytes"
