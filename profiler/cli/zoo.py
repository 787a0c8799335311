"""`profiler zoo`: the project's own models."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from profiler.graph.zoo import ZooModel, zoo_models


def zoo(json: Annotated[bool, typer.Option("--json", help="Print the models as JSON.")] = False) -> None:
    """List the models that come with the profiler; use them as zoo:NAME."""
    models = zoo_models()
    if json:
        typer.echo(json_module.dumps([_row(model) for model in models], indent=2))
        return
    table = Table(box=None, header_style="bold")
    for heading in ("model", "KiB", "what", "input", "output"):
        table.add_column(heading, justify="right" if heading == "KiB" else "left")
    for model in models:
        size = f"{model.path.stat().st_size / 1024:.1f}"
        table.add_row(model.reference, size, model.description, model.input_meaning, model.output_meaning)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{models[0].licence}", style="dim")


def _row(model: ZooModel) -> dict[str, str | int]:
    return {
        "name": model.reference,
        "path": str(model.path),
        "size_bytes": model.path.stat().st_size,
        "sha256": model.sha256,
        "description": model.description,
        "input": model.input_meaning,
        "output": model.output_meaning,
        "licence": model.licence,
    }
