"""`profiler boards check FILE`: everything that is wrong with a board file, and what to do about it."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from profiler.errors import BoardError, ToolchainError
from profiler.resources import boards_folder

if TYPE_CHECKING:
    from profiler.boards.check import Problem


def check(
    board: Annotated[str, typer.Argument(help="The path of a board's .toml, or a board's name.")],
    json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
) -> None:
    """Tell every problem of a board file with its key and what to do. Exit code 2 when there is one."""
    from profiler.boards.check import check_file  # not above: listing boards checks none
    from profiler.boards.loader import board_names, load_board
    from profiler.lab.probe_check import check_probe

    shipped = board in board_names()
    path = boards_folder() / f"{board}.toml" if shipped else Path(board)
    platforms = boards_folder().parent / "renode_platforms" if shipped else None
    problems = check_file(path, platforms if platforms is not None and platforms.is_dir() else None)
    if not problems:
        problems += check_probe(load_board(path))
    unchecked = "" if problems else _support_unchecked(path, problems)
    if json:
        typer.echo(json_module.dumps([asdict(problem) for problem in problems], indent=2))
    else:
        _print(path, problems, unchecked)
    if problems:
        raise typer.Exit(BoardError.exit_code)


def _support_unchecked(path: Path, problems: list[Problem]) -> str:
    """Adds what the compiler finds; returns why it could not be asked, "" when it was."""
    from profiler.boards.loader import load_board
    from profiler.build.board_support import check_board_support
    from profiler.build.toolchain import find_toolchain
    from profiler.settings import load_settings

    try:
        toolchain = find_toolchain(load_settings().toolchain_prefix)
    except ToolchainError as error:
        return error.message
    problems += check_board_support(load_board(path), toolchain)
    return ""


def _print(path: Path, problems: list[Problem], unchecked: str) -> None:
    console = Console(highlight=False)
    for problem in problems:
        where = f"[bold]{escape(problem.key)}[/]: " if problem.key else ""
        console.print(f"[red]problem[/] {where}{escape(problem.message)}", soft_wrap=True)
        console.print(f"        {escape(problem.remedy)}", soft_wrap=True)
    if unchecked:
        console.print(f"[yellow]not checked[/] the board support package: {escape(unchecked)}", soft_wrap=True)
    count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}" if problems else "nothing wrong was found"
    console.print(f"{escape(str(path))}: {count}", soft_wrap=True)
