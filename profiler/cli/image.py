"""`profiler image`: cycles of a region of firmware that was built elsewhere."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from profiler.cli.profile_options import BoardOption
from profiler.errors import SettingsError

if TYPE_CHECKING:
    from profiler.boards.model import Board
    from profiler.run.foreign import ImageRun
    from profiler.timing.model import CycleEstimate

_CAUSES = ("issue", "load_use", "branch", "multiply_divide", "fpu", "fetch_wait", "data_wait")


def image(
    firmware: Annotated[Path, typer.Argument(help="An ELF or Intel HEX file, or a raw image for the boot flash.")],
    board: BoardOption,
    start: Annotated[
        list[str], typer.Option("--start", help="Counting starts after the line with this text; repeat for an order.")
    ],
    end: Annotated[str, typer.Option("--end", help="Counting ends at this text, or register:0xADDRESS when read.")],
    uart_script: Annotated[
        str, typer.Option("--uart-script", help="What to send to the console: text, or @FILE.")
    ] = "",
    prompt: Annotated[str, typer.Option("--prompt", help="Sent after each of these; empty: at once.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON and nothing else.")] = False,
) -> None:
    """Run firmware built elsewhere on the emulated board and time a region of it."""
    from profiler.boards.loader import load_board
    from profiler.run.foreign import region_of
    from profiler.run.image import load_any_image
    from profiler.settings import load_settings
    from profiler.timing.accuracy import run_configured
    from profiler.timing.code_image import image_of
    from profiler.timing.estimate import estimate

    settings = load_settings()
    target = load_board(board)
    configured, config, run = run_configured(
        load_any_image(firmware, target),
        target,
        _script(uart_script),
        prompt.encode(),
        region_of(start, end),
        instruction_limit=settings.max_instructions,
        wall_limit_seconds=settings.max_wall_seconds,
    )
    result = estimate(run.profile, configured, image_of(run.code))
    if json:
        figures = {"memory_config": str(config), "instructions": run.profile.instructions, **asdict(result)}
        typer.echo(json_module.dumps(figures | {"transcript": run.transcript}, indent=2))
    else:
        _print(configured, str(config), run, result)


def _script(text: str) -> bytes:
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise SettingsError(f"--uart-script: {text[1:]} cannot be read: {error.strerror}") from error


def _print(board: Board, config: str, run: ImageRun, result: CycleEstimate) -> None:
    console = Console(highlight=False)
    total, spread = result.total_cycles, result.error_fraction
    console.print(
        f"{result.latency_ms:.3f} ms ± {spread:.0%} at {result.clock_hz / 1e6:g} MHz: {total:,} cycles, "
        f"{run.profile.instructions:,} instructions on {board.title} ({result.core})",
        markup=False,
    )
    console.print(f"memory system as the firmware set it up: {config or 'not known of this board'}", markup=False)
    table = Table(box=None)
    table.add_column("cause")
    table.add_column("cycles", justify="right")
    table.add_column("share", justify="right")
    for cause in _CAUSES:
        cycles = sum(int(getattr(layer, cause)) for layer in result.layers)
        table.add_row(cause.replace("_", " "), f"{cycles:,}", f"{cycles / max(total, 1):.1%}")
    console.print(table)
    for warning in result.warnings:
        console.print(f"warning: {warning}", markup=False)
