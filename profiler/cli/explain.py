"""`profiler explain`: where the cycles of a model, or of one of its layers, go."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from profiler.cli.grouped import grouped
from profiler.cli.profile_options import BoardOption, FirmwareChoices, MemoryConfigOption, Model, Seed

_LISTING_WIDTH = 120


@grouped
def explain(
    model: Model,
    board: BoardOption,
    *,
    layer: Annotated[int | None, typer.Option("--layer", "-l", help="Layer to list; -1: between the layers.")] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many blocks or functions to show.")] = 5,
    firmware: FirmwareChoices,
    memory_config: MemoryConfigOption = None,
    seed: Seed = 0,
    inputs: Annotated[int, typer.Option("--inputs", help="Input sets that are run; the last one is explained.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, --top or not.")] = False,
) -> None:
    """Show where cycles go: by layer and function, or with --layer instruction by instruction."""
    from profiler.pipeline import explain as explain_model
    from profiler.report.renderers.listing import print_explanation

    options = firmware.options(memory_config=memory_config, seed=seed, input_sets=inputs)
    explanation = explain_model(model, board=board, layer=layer, options=options)
    if json:
        typer.echo(json_module.dumps(asdict(explanation), indent=2))
    else:
        width = max(_LISTING_WIDTH, Console().width)  # a listing cut off is worth less than one the terminal wraps
        print_explanation(explanation, Console(highlight=False, width=width), top=top)
