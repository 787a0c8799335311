"""`profiler boards`: the boards there are, and every fact of one with its source."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from enum import Enum
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board, Cache, MemoryKind, MemoryRegion


def boards(
    name: Annotated[
        str | None, typer.Argument(help="A board's name or the path of its .toml; all boards without.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """List the boards, or show all facts of one with their sources."""
    if json:
        shown = [load_board(each) for each in ([name] if name else board_names())]
        values = [_as_json(board) for board in shown]
        typer.echo(json_module.dumps(values[0] if name else values, indent=2, sort_keys=True))
        return
    console = Console()
    if name is None:
        console.print(_overview(load_board(each) for each in board_names()))
    else:
        _print_board(console, load_board(name))


def _as_json(board: Board) -> dict[str, object]:
    """Plain values: enumerations by value, sets sorted."""

    def plain(items: list[tuple[str, object]]) -> dict[str, object]:
        return {key: _plain_value(value) for key, value in items}

    return asdict(board, dict_factory=plain)


def _plain_value(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    return value.value if isinstance(value, Enum) else value


def _overview(all_boards: Iterable[Board]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("board", "title", "core"):
        table.add_column(heading, no_wrap=heading != "title")
    for heading in ("MHz", "flash", "RAM"):
        table.add_column(heading, justify="right")
    for board in all_boards:
        sizes = {
            kind: sum(memory.size_bytes for memory in board.memories if memory.kind is kind) for kind in MemoryKind
        }
        flash, ram = (_size(sizes[kind]) for kind in (MemoryKind.FLASH, MemoryKind.RAM))
        table.add_row(board.name, board.title, board.core.name, _mhz(board), flash, ram)
    return table


def _print_board(console: Console, board: Board) -> None:
    console.print(f"[bold]{escape(board.title)}[/]  {escape(board.vendor)} {escape(board.soc)}, {board.core.name}")
    table = _facts_table()
    for fact in _facts(board):
        table.add_row(*map(escape, fact))
    console.print(table)
    for heading, lines in (("note", board.notes), ("source", board.sources)):
        for line in lines:
            console.print(f"[dim]{heading}:[/] {escape(line)}")


def _facts(board: Board) -> Iterator[tuple[str, str, str]]:
    """(fact, value, source) of everything there is to know; clock and probe have their sources below the table."""
    uart, probe = board.uart, board.probe
    yield "clock", f"{_mhz(board)} MHz", ""
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


def _facts_table() -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("fact", "value", "source"):
        table.add_column(heading, style="dim" if heading == "source" else None, overflow="fold")
    return table


def _memory_text(memory: MemoryRegion) -> str:
    aliases = "".join(f", also at {alias:#010x}" for alias in memory.aliases)
    prefetch = ", prefetch" if memory.prefetch else ""
    return (
        f"{memory.kind.value} {_size(memory.size_bytes)} at {memory.address:#010x}{aliases}, "
        f"{memory.read_wait_cycles} wait cycles, {memory.line_bytes} bytes a read{prefetch}"
    )


def _cache_text(cache: Cache) -> str:
    lines = cache.size_bytes // cache.line_bytes
    ways = "fully associative" if cache.ways == lines else f"{cache.ways} ways"
    return (
        f"{cache.serves.value} cache of {', '.join(cache.regions)}: {_size(cache.size_bytes)}, "
        f"lines of {cache.line_bytes} bytes, {ways}, {cache.replacement.value}"
    )


def _mhz(board: Board) -> str:
    return f"{board.clock_hz / 1e6:g}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1024:g} KiB" if size_bytes >= 1024 else f"{size_bytes} bytes"
