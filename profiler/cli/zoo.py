"""`profiler zoo`: the project's own models."""

from __future__ import annotations

import json as json_module
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.graph.zoo import ZooModel, zoo_models


def zoo(json: Annotated[bool, typer.Option("--json", help="Print the models as JSON.")] = False) -> None:
    """List the models that come with the profiler; use them as zoo:NAME."""
    models = zoo_models()
    if json:
        typer.echo(json_module.dumps([_row(model) for model in models], indent=2))
        return
    table = Table(box=None, header_style="bold")
    table.add_column("model", no_wrap=True)
    table.add_column("KiB", justify="right", no_wrap=True)
    table.add_column("what")
    for model in models:
        what = Text(model.description).append(f"\n{model.input_meaning} → {model.output_meaning}", style="dim")
        table.add_row(model.reference, f"{model.path.stat().st_size / 1024:.1f}", what)
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
