"""The command line: thin commands over the pipeline. Only here do errors become exit codes.

0: done; 1: the answer is no (does not fit, over a limit); 2: bad input; 3: the environment (a tool is missing or
failed); 4: the model is not supported.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from profiler.cli.lazy import lazy_group
from profiler.errors import ProfilerError
from profiler.version import VERSION

COMMANDS = {
    "run": "profiler.cli.run:run",
    "explain": "profiler.cli.explain:explain",
    "compare": "profiler.cli.compare:compare",
    "quantize": "profiler.cli.quantize:quantize",
    "diff": "profiler.cli.diff:diff",
    "gate": "profiler.cli.gate:gate",
    "inspect": "profiler.cli.inspect:inspect",
    "export": "profiler.cli.export:export",
    "image": "profiler.cli.image:image",
    "accuracy": "profiler.cli.accuracy:accuracy",
    "calibrate": "profiler.cli.calibrate:calibrate",
    "zoo": "profiler.cli.zoo:zoo",
    "doctor": "profiler.cli.doctor:doctor",
    "schema": "profiler.cli.schema:schema",
    "sweep": "profiler.cli.sweep:sweep",
    "install": "profiler.cli.install:install",
    "worker": "profiler.cli.worker:worker",
    "serve": "profiler.cli.serve:serve",
    "boards": "profiler.cli.boards:boards",
    "keys": "profiler.cli.keys:keys",
    "board-sim": "profiler.cli.board_sim:board_sim",
}
app = typer.Typer(
    cls=lazy_group(COMMANDS),
    name="profiler",
    help="How fast a neural network runs on a Cortex-M board, and what RAM and flash it takes.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)


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
        from rich.console import Console  # not above: most commands make no mistake, and some print plain text
        from rich.markup import escape

        console = Console(stderr=True, highlight=False)
        console.print(f"[bold red]error:[/] {escape(error.message)}", soft_wrap=True)
        if error.hint:
            console.print(f"[bold]hint:[/] {escape(error.hint)}", soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
