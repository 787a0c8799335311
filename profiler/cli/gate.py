"""`profiler gate`: fails when a model outgrew its budget or its baseline, and says which layer did it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from profiler.cli.grouped import grouped
from profiler.cli.profile_options import FirmwareChoices, Inputs, Seed
from profiler.gate.renderers import GATE_RENDERERS


@grouped
def gate(
    models: Annotated[list[str] | None, typer.Argument(help="Models: .tflite files or zoo:NAME.")] = None,
    *,
    board: Annotated[list[str] | None, typer.Option("--board", "-b", help="Board; repeatable.")] = None,
    profiles: Annotated[
        list[Path] | None, typer.Option("--profile", help="A saved profile instead of a model; repeatable.")
    ] = None,
    budget: Annotated[Path | None, typer.Option("--budget", help="TOML file of limits.")] = None,
    limit: Annotated[list[str] | None, typer.Option("--limit", help='KEY=VALUE: "max_flash=64 KiB".')] = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="File of agreed figures (.toml, .json).")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write the figures into --baseline: agree to them.")
    ] = False,
    missing: Annotated[str, typer.Option("--missing", help="A model without a baseline: fail or warn.")] = "fail",
    unused: Annotated[str, typer.Option("--unused", help="A budget's table for no model: error or ignore.")] = "error",
    accuracy: Annotated[Path | None, typer.Option("--accuracy", help="JSON file of the models' accuracies.")] = None,
    formats: Annotated[
        str, typer.Option("--format", "-f", help=f"FORMAT or FORMAT=FILE, of: {', '.join(GATE_RENDERERS)}.")
    ] = "terminal",
    firmware: FirmwareChoices,
    seed: Seed = 0,
    inputs: Inputs = 3,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Hold models against a budget and a baseline. Exit code 1 when one outgrew them."""
    from profiler.cli import gate_steps as steps  # not above: --help must not wait for what reads profiles
    from profiler.cli.gate_outputs import parse_outputs, write_outputs
    from profiler.gate.measure import measure
    from profiler.gate.terms import judge_all

    outputs = parse_outputs(formats)
    subjects = steps.subjects_of(
        models or (), board or (), profiles or (), options=partial(firmware.options, seed=seed, input_sets=inputs)
    )
    terms = steps.terms_of(
        budget=budget,
        limits=limit or (),
        baseline=baseline,
        accuracy=accuracy,
        missing=missing,
        updating=update_baseline,
    )
    steps.require_use(terms, subjects, unused=unused)
    measured = measure(subjects, terms.accuracies)
    result = judge_all(measured, terms)
    write_outputs(result, outputs, quiet=quiet)
    if terms.updating and baseline and terms.baseline:
        steps.update(baseline, terms.baseline, measured, quiet=quiet)
    raise typer.Exit(result.exit_code)
