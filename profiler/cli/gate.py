"""`profiler gate`: fails when a model outgrew its budget or its baseline, and says which layer did it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from profiler.boards.loader import load_board
from profiler.build.model import Optimization
from profiler.cli.gate_outputs import parse_outputs, write_outputs
from profiler.cli.profile_options import Inputs, Kernels, Optimize, Planner, Seed
from profiler.cli.run import profile_with_progress
from profiler.cli.saved import read_profiles, write_text
from profiler.errors import BudgetError
from profiler.gate.accuracy_file import AccuracyFile, read_accuracies
from profiler.gate.baseline import Baseline, baseline_text, read_baseline, updated
from profiler.gate.budget import Budget, read_budget, unchanged_budget, with_limits
from profiler.gate.measure import Measured, Subject, measure, model_name, require_distinct
from profiler.gate.model import Verdict
from profiler.gate.renderers import GATE_RENDERERS
from profiler.gate.terms import Terms, judge_all
from profiler.pipeline import Options
from profiler.report.comparison.snapshot import Snapshot
from profiler.report.profile import Profile
from profiler.settings import load_settings
from profiler.work.version import engine_version

_Chosen = TypeVar("_Chosen")


def gate(
    models: Annotated[list[str] | None, typer.Argument(help="Models: .tflite files or zoo:NAME.")] = None,
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
    optimize: Optimize = Optimization.BALANCED,
    kernels: Kernels = "auto",
    planner: Planner = "best",
    seed: Seed = 0,
    inputs: Inputs = 3,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Hold models against a budget and a baseline. Exit code 1 when one outgrew them."""
    outputs = parse_outputs(formats)
    options = Options(optimization=optimize, kernels=kernels, planner=planner, seed=seed, input_sets=inputs)
    subjects = _subjects(models or (), board or (), profiles or (), options)
    terms = Terms(
        budget=with_limits(_budget(budget, baseline, limit), limit or ()),
        baseline=_baseline(baseline, updating=update_baseline),
        accuracies=read_accuracies(accuracy) if accuracy else AccuracyFile(),
        without_baseline=_choice("--missing", missing, {"fail": Verdict.FAIL, "warn": Verdict.WARN}),
        updating=update_baseline,
    )
    runs = [(subject.model, subject.board) for subject in subjects]
    if _choice("--unused", unused, {"error": True, "ignore": False}) and terms.budget:
        terms.budget.require_use(runs)
    terms.require_sense(runs)
    measured = measure(subjects, terms.accuracies)
    result = judge_all(measured, terms)
    write_outputs(result, outputs, quiet=quiet)
    if terms.updating and baseline and terms.baseline:
        _update(baseline, terms.baseline, measured, quiet=quiet)
    raise typer.Exit(result.exit_code)


def _subjects(
    models: Sequence[str], boards: Sequence[str], profiles: Sequence[Path], options: Options
) -> tuple[Subject, ...]:
    """Every model on every board, and the saved profiles. Raises BudgetError for none and for two of one name."""
    if bool(models) != bool(boards):
        what = "no board is given" if models else "no model is given"
        raise BudgetError(what, hint="give MODEL and --board (see `profiler boards`), or --profile FILE alone")
    if not (models or profiles):
        raise BudgetError("there is nothing to gate", hint="give MODEL and --board, or --profile FILE")
    settings = load_settings()
    engine = engine_version(settings) if models else ""
    subjects = [
        Subject(
            model=model_name(model),
            board=load_board(board).name,
            source=model,
            profile=partial(profile_with_progress, model, board, options, settings, silent=False),
            engine=engine,
        )
        for model in models
        for board in boards
    ]
    for path in profiles:
        for saved in read_profiles(path):
            name, on = saved.model.name, saved.board.name
            subjects.append(Subject(model=name, board=on, source=str(path), profile=partial(_same, saved)))
    require_distinct(subjects)
    return tuple(subjects)


def _same(saved: Profile) -> Profile:
    return saved


def _budget(path: Path | None, baseline: Path | None, limits: Sequence[str] | None) -> Budget | None:
    """The budget file; a baseline alone stands for a budget in which nothing may grow."""
    if path is not None:
        return read_budget(path)
    return unchanged_budget() if baseline is not None and not limits else None


def _baseline(path: Path | None, *, updating: bool) -> Baseline | None:
    if updating and path is None:
        raise BudgetError("--update-baseline needs a file to write", hint="give --baseline FILE")
    if path is None:
        return None
    return Baseline() if updating and not path.exists() else read_baseline(path)


def _update(path: Path, before: Baseline, measured: Sequence[Measured], *, quiet: bool) -> None:
    """Write the agreed figures, all of them or none."""
    snapshots = [each.snapshot for each in measured if isinstance(each.snapshot, Snapshot)]
    if len(snapshots) < len(measured):
        typer.echo(f"{path} is left as it was: not every model could be profiled", err=True)
        return
    write_text(path, baseline_text(updated(before, snapshots), path.suffix))
    if not quiet:
        typer.echo(f"wrote {path}: review the difference", err=True)


def _choice(option: str, value: str, choices: dict[str, _Chosen]) -> _Chosen:
    if value not in choices:
        raise BudgetError(f"{option} {value!r}", hint=f"choose of: {', '.join(choices)}")
    return choices[value]
