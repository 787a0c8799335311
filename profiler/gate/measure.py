"""The models that are gated → their snapshots, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from profiler.errors import BudgetError, ProfilerError
from profiler.gate.accuracy_file import AccuracyFile
from profiler.gate.model import Problem
from profiler.report.comparison.snapshot import Snapshot, take_snapshot
from profiler.report.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model on a board. `profile` builds and runs it, or returns what was saved; it may raise ProfilerError."""

    model: str
    board: str
    source: str  # what a user can open
    profile: Callable[[], Profile]
    engine: str = ""  # what builds and models it; empty: not known of what was saved


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A subject with its snapshot, or with what kept it from having one."""

    subject: Subject
    snapshot: Snapshot | Problem


def model_name(reference: str) -> str:
    """What budgets and baselines call a model: `zoo:kws`, or the last part of its path; as in its profile."""
    return PurePath(reference).name


def require_distinct(subjects: Sequence[Subject]) -> None:
    """Raises BudgetError for two subjects that a baseline could not tell apart."""
    seen: dict[tuple[str, str], str] = {}
    for subject in subjects:
        other = seen.get((subject.model, subject.board))
        if other is not None:
            given = "is given twice" if other == subject.source else f"and {subject.source} have one name"
            raise BudgetError(
                f"{other} {given}: {subject.model} on {subject.board}",
                hint="give each model file a name of its own, or gate them in two calls with a baseline each",
            )
        seen[subject.model, subject.board] = subject.source


def measure(subjects: Sequence[Subject], accuracies: AccuracyFile) -> tuple[Measured, ...]:
    """Profile every subject; one that fails leaves the others their answers."""
    found = []
    for subject in subjects:
        snapshot: Snapshot | Problem
        try:
            snapshot = take_snapshot(subject.profile())
            snapshot = replace(
                snapshot,
                figures={**snapshot.figures, **accuracies.figures(subject.model, snapshot.origin.model_sha256)},
            )
        except ProfilerError as error:
            snapshot = Problem(
                kind=type(error).__name__, message=error.message, hint=error.hint, exit_code=error.exit_code
            )
        found.append(Measured(subject=subject, snapshot=snapshot))
    return tuple(found)
