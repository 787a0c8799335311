"""`profiler schema`: the JSON Schema of saved reports."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of `--json` reports."""
    from profiler.report.serialize import json_schema

    typer.echo(json.dumps(json_schema(), indent=2, sort_keys=True))
