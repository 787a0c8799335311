"""The command line: thin commands over the pipeline. Only here do errors become exit codes.

0: done; 1: the answer is no (does not fit, over a limit); 2: bad input; 3: the environment (a tool is missing or
failed); 4: the model is not supported.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from profiler.cli.accuracy import accuracy
from profiler.cli.board_sim import board_sim
from profiler.cli.boards import boards
from profiler.cli.calibrate import calibrate
from profiler.cli.compare import compare
from profiler.cli.diff import diff
from profiler.cli.doctor import doctor
from profiler.cli.explain import explain
from profiler.cli.export import export
from profiler.cli.gate import gate
from profiler.cli.image import image
from profiler.cli.inspect import inspect
from profiler.cli.install import install
from profiler.cli.keys import keys
from profiler.cli.quantize import quantize
from profiler.cli.run import run
from profiler.cli.schema import schema
from profiler.cli.serve import serve
from profiler.cli.sweep import sweep
from profiler.cli.worker import worker
from profiler.cli.zoo import zoo
from profiler.errors import ProfilerError
from profiler.version import VERSION

app = typer.Typer(
    name="profiler",
    help="How fast a neural network runs on a Cortex-M board, and what RAM and flash it takes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
for command in (
    run,
    explain,
    compare,
    quantize,
    diff,
    gate,
    inspect,
    export,
    image,
    accuracy,
    calibrate,
    zoo,
    doctor,
    schema,
):
    app.command()(command)
app.command()(sweep)
app.command()(install)
app.command()(worker)
app.command()(serve)
app.add_typer(boards, name="boards")
app.add_typer(keys, name="keys")
app.command()(board_sim)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"profiler {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """How fast a neural network runs on a Cortex-M board, and what RAM and flash it takes."""


def main() -> None:
    """Entry point: runs a command; a ProfilerError is told in two lines on standard error."""
    try:
        app()
    except ProfilerError as error:
        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]error:[/] {escape(error.message)}", soft_wrap=True)
        if error.hint:
            console.print(f"[bold]hint:[/] {escape(error.hint)}", soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
