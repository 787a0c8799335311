"""`profiler diff`: two saved profiles side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from profiler.report.comparison import COMPARISON_RENDERERS
from profiler.report.renderers import require_formats


def diff(
    before: Annotated[Path, typer.Argument(help="A saved profile (`profiler run --json`).")],
    after: Annotated[Path, typer.Argument(help="The saved profile it is compared with.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of printing.")] = None,
    format_name: Annotated[
        str, typer.Option("--format", "-f", help=f"One of: {', '.join(COMPARISON_RENDERERS)}.")
    ] = "terminal",
) -> None:
    """Show what changed from one saved profile to another: which layers, which sections, how much."""
    from profiler.cli.saved import read_profile, write_text
    from profiler.report.comparison.compare import compare
    from profiler.report.comparison.terminal import print_comparison

    require_formats([format_name], COMPARISON_RENDERERS)
    comparison = compare(read_profile(before), read_profile(after))
    if format_name == "terminal" and output is None:
        print_comparison(comparison, Console(highlight=False))
    else:
        write_text(output, COMPARISON_RENDERERS[format_name].render(comparison))
