"""`profiler boards`: the boards there are, and every fact of one with its source."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from profiler.boards.facts import board_facts, board_values, memory_bytes, mhz, size_text
from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board, MemoryKind
from profiler.cli.board_check import check


class _ShowUnlessTold(TyperGroup):
    """`profiler boards NAME` means `profiler boards show NAME`; options of `show` may stand alone as well."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments with `show` before them unless they begin with a command or ask for help."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


boards = typer.Typer(cls=_ShowUnlessTold, help="List the boards, show the facts of one, check a board file.")
boards.command()(check)


@boards.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="A board's name or the path of its .toml; all boards without.")
    ] = None,
    attached: Annotated[bool, typer.Option("--attached", help="Those plugged in, and the lab file's.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """List the boards, or show all facts of one with their sources."""
    if attached:
        from profiler.cli.attached import print_attached  # not above: the other tables ask no port

        print_attached(json=json)
        return
    if json:
        shown = [load_board(each) for each in ([name] if name else board_names())]
        values = [board_values(board) for board in shown]
        typer.echo(json_module.dumps(values[0] if name else values, indent=2, sort_keys=True))
        return
    console = Console()
    if name is None:
        console.print(_overview(load_board(each, calibration=False) for each in board_names()))
    else:
        _print_board(console, load_board(name))


def _overview(all_boards: Iterable[Board]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("board", "title", "core"):
        table.add_column(heading, no_wrap=heading != "title")
    for heading in ("MHz", "flash", "RAM"):
        table.add_column(heading, justify="right")
    for board in all_boards:
        flash, ram = (size_text(memory_bytes(board, kind)) for kind in (MemoryKind.FLASH, MemoryKind.RAM))
        table.add_row(board.name, board.title, board.core.name, mhz(board), flash, ram)
    return table


def _print_board(console: Console, board: Board) -> None:
    console.print(f"[bold]{escape(board.title)}[/]  {escape(board.vendor)} {escape(board.soc)}, {board.core.name}")
    table = _facts_table()
    for fact in board_facts(board):
        table.add_row(*map(escape, fact))
    console.print(table)
    for heading, lines in (("note", board.notes), ("source", board.sources)):
        for line in lines:
            console.print(f"[dim]{heading}:[/] {escape(line)}")


def _facts_table() -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("fact", "value", "source"):
        table.add_column(heading, style="dim" if heading == "source" else None, overflow="fold")
    return table
