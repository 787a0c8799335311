"""What `profiler gate` does with its options: what is judged, by what, and what is agreed to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from profiler.cli.saved import read_profiles
from profiler.errors import BudgetError
from profiler.gate.accuracy_file import AccuracyFile, read_accuracies
from profiler.gate.baseline import Baseline, baseline_text, read_baseline, updated
from profiler.gate.budget import Budget, read_budget, unchanged_budget, with_limits
from profiler.gate.measure import Measured, Subject, model_name, require_distinct
from profiler.gate.model import Verdict
from profiler.gate.terms import Terms
from profiler.output import write_output
from profiler.report.comparison.snapshot import Snapshot
from profiler.report.profile import Profile

if TYPE_CHECKING:
    from profiler.pipeline import Options

_Chosen = TypeVar("_Chosen")


def subjects_of(
    models: Sequence[str], boards: Sequence[str], profiles: Sequence[Path], *, options: Callable[[], Options]
) -> tuple[Subject, ...]:
    """Every model on every board, and the saved profiles. Raises BudgetError for none and for two of one name."""
    if bool(models) != bool(boards):
        what = "no board is given" if models else "no model is given"
        raise BudgetError(what, hint="give MODEL and --board (see `profiler boards`), or --profile FILE alone")
    if not (models or profiles):
        raise BudgetError("there is nothing to gate", hint="give MODEL and --board, or --profile FILE")
    subjects = _of_models(models, boards, options()) if models else []
    for path in profiles:
        for saved in read_profiles(path):
            name, on = saved.model.name, saved.board.name
            subjects.append(Subject(model=name, board=on, source=str(path), profile=partial(_same, saved)))
    require_distinct(subjects)
    return tuple(subjects)


def _of_models(models: Sequence[str], boards: Sequence[str], options: Options) -> list[Subject]:
    from profiler.boards.loader import load_board  # not above: saved profiles need neither boards nor settings
    from profiler.cli.run import profile_with_progress
    from profiler.settings import load_settings
    from profiler.work.version import engine_version

    settings = load_settings()
    engine = engine_version(settings)
    return [
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


def _same(saved: Profile) -> Profile:
    return saved


def terms_of(
    *,
    budget: Path | None,
    limits: Sequence[str],
    baseline: Path | None,
    accuracy: Path | None,
    missing: str,
    updating: bool,
) -> Terms:
    """What models are held against. Raises BudgetError, BaselineError."""
    return Terms(
        budget=with_limits(_budget(budget, baseline, limits), limits),
        baseline=_baseline(baseline, updating=updating),
        accuracies=read_accuracies(accuracy) if accuracy else AccuracyFile(),
        without_baseline=_choice("--missing", missing, {"fail": Verdict.FAIL, "warn": Verdict.WARN}),
        updating=updating,
    )


def require_use(terms: Terms, subjects: Sequence[Subject], *, unused: str) -> None:
    """Raises BudgetError for terms that mean none of the subjects."""
    runs = [(subject.model, subject.board) for subject in subjects]
    if _choice("--unused", unused, {"error": True, "ignore": False}) and terms.budget:
        terms.budget.require_use(runs)
    terms.require_sense(runs)


def _budget(path: Path | None, baseline: Path | None, limits: Sequence[str]) -> Budget | None:
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


def update(path: Path, before: Baseline, measured: Sequence[Measured], *, quiet: bool) -> None:
    """Write the agreed figures, all of them or none."""
    snapshots = [each.snapshot for each in measured if isinstance(each.snapshot, Snapshot)]
    if len(snapshots) < len(measured):
        typer.echo(f"{path} is left as it was: not every model could be profiled", err=True)
        return
    write_output(path, baseline_text(updated(before, snapshots), path.suffix))
    if not quiet:
        typer.echo(f"wrote {path}: review the difference", err=True)


def _choice(option: str, value: str, choices: dict[str, _Chosen]) -> _Chosen:
    if value not in choices:
        raise BudgetError(f"{option} {value!r}", hint=f"choose of: {', '.join(choices)}")
    return choices[value]
