"""`profiler export`: a model as a C library, a firmware, or a checked copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.build.model import Optimization
from profiler.cli.profile_options import Model
from profiler.export.model import ArenaPlace, ExportFormat, ExportOptions


def export(
    model: Model,
    to: Annotated[str, typer.Option("--format", "-f", help=f"What to write: {', '.join(ExportFormat)}.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write; for firmware, a folder.")],
    name: Annotated[str | None, typer.Option("--name", help="Prefix of a library's symbols and files.")] = None,
    core: Annotated[str | None, typer.Option("--core", help="Core that a library's kernels are chosen for.")] = None,
    board: Annotated[
        str | None, typer.Option("--board", "-b", help="Board of a firmware, or whose core a library is for.")
    ] = None,
    kernels: Annotated[str | None, typer.Option("--kernels", help="auto, ref or dsp.")] = None,
    planner: Annotated[str | None, typer.Option("--planner", help="Arena planner.")] = None,
    optimize: Annotated[Optimization | None, typer.Option("--optimize", help="Compiler optimisation.")] = None,
    arena: Annotated[
        ArenaPlace | None, typer.Option("--arena", help="A library's arena: inside it, or handed over by the caller.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Write the model as a self-contained C library, as firmware of a board, or as a checked copy."""
    from profiler.export.formats import export as export_model
    from profiler.settings import load_settings

    options = ExportOptions(
        name=name, core=core, board=board, kernels=kernels, planner=planner, optimize=optimize, arena=arena
    )
    result = export_model(model, output, to=to, options=options, settings=load_settings())
    if not quiet:
        for path in result.paths:
            typer.echo(f"wrote {path}")
        for note in result.notes:
            typer.echo(note)
