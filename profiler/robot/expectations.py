"""What keywords are made of: limits held against a profile, and errors that fail a keyword."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from profiler.errors import ProfilerError
from profiler.gate.accuracy_file import AccuracyFile
from profiler.gate.baseline import Baseline
from profiler.gate.budget import unchanged_budget, with_limits
from profiler.gate.measure import Measured, Subject
from profiler.gate.model import Check, GateEntry
from profiler.gate.terms import Terms, judge_all
from profiler.report.comparison.snapshot import Snapshot
from profiler.report.profile import Figure, Unavailable

_Result = TypeVar("_Result")


def judged(subject: Subject, snapshot: Snapshot, limits: tuple[str, ...], baseline: Baseline | None) -> GateEntry:
    """The limits held against the snapshot; without any, nothing may grow. Raises BudgetError."""
    budget = with_limits(None, limits) or unchanged_budget()
    terms = Terms(budget=budget, baseline=baseline, accuracies=AccuracyFile())
    terms.require_sense([(subject.model, subject.board)])
    return judge_all([Measured(subject=subject, snapshot=snapshot)], terms).entries[0]


def told(check: Check) -> str:
    """Why a check failed, and the layers and sections behind it."""
    return "\n".join([f"{check.title}: {check.reason}", *(f"  {cause}" for cause in check.causes)])


def text_of(figure: Figure | Unavailable) -> str:
    """A figure in a sentence."""
    return "?" if isinstance(figure, Unavailable) else f"{figure.value:.6g}"


def share_of(text: str) -> float:
    """25% or 0.25 as 0.25."""
    try:
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        raise AssertionError(f"{text!r} is no share: write 25% or 0.25") from None


def or_fail(work: Callable[[], _Result]) -> _Result:
    """What the work returns; an error that a user can do something about fails the keyword, with its hint."""
    try:
        return work()
    except ProfilerError as error:
        raise AssertionError(f"{error.message}\nhint: {error.hint}" if error.hint else error.message) from error
