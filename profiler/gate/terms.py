"""The terms of a gate: budget, baseline, and what to do where one of them says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from profiler.errors import BudgetError
from profiler.gate.accuracy_file import AccuracyFile
from profiler.gate.baseline import Baseline
from profiler.gate.budget import Budget, Limit
from profiler.gate.judge import judge, notes_on
from profiler.gate.measure import Measured
from profiler.gate.metrics import ACCURACY, ACCURACY_LOSS, LIMIT_KEYS, Rule
from profiler.gate.model import GateEntry, GateResult, Problem, Verdict
from profiler.report.comparison.compare import compare_snapshots


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What models are held against. While `updating`, limits on growth do not count: the growth is being accepted."""

    budget: Budget | None
    baseline: Baseline | None
    accuracies: AccuracyFile = field(default_factory=AccuracyFile)
    without_baseline: Verdict = Verdict.FAIL
    updating: bool = False

    def limits_for(self, model: str, board: str) -> tuple[Limit, ...]:
        limits = self.budget.limits_for(model, board) if self.budget else ()
        return tuple(limit for limit in limits if not (self.updating and limit.key.rule is Rule.INCREASE))

    def require_sense(self, runs: Sequence[tuple[str, str]]) -> None:
        """Before anything is built: every (model, board) has a limit, and every limit what it is compared with.

        Raises BudgetError.
        """
        for model, board in runs:
            limits = self.limits_for(model, board)
            if not limits and not self.updating:
                hint = f"give --baseline, --limit, or a budget with [defaults]; limits: {', '.join(LIMIT_KEYS)}"
                raise BudgetError(f"no limit applies to {model} on {board}", hint=hint)
            for limit in limits:
                self._require_comparable(limit, model)

    def _require_comparable(self, limit: Limit, model: str) -> None:
        key, written = limit.key, limit.written
        if key.rule is Rule.INCREASE and self.baseline is None:
            raise BudgetError(
                f"{key.key} = {written} needs a baseline to compare {model} with",
                hint="give --baseline FILE; --update-baseline writes one",
            )
        if key.metric.name in (ACCURACY, ACCURACY_LOSS) and not self.accuracies.models:
            raise BudgetError(
                f"{key.key} = {written}: the {key.metric.title} of {model} is not known",
                hint="give --accuracy FILE (see docs/gate.md)",
            )


def judge_all(measured: Sequence[Measured], terms: Terms) -> GateResult:
    """Every measured subject held against the terms."""
    return GateResult(entries=tuple(_entry(each, terms) for each in measured))


def _entry(measured: Measured, terms: Terms) -> GateEntry:
    subject, snapshot = measured.subject, measured.snapshot
    if isinstance(snapshot, Problem):
        return GateEntry(model=subject.model, board=subject.board, source=subject.source, problem=snapshot)
    baseline = terms.baseline.snapshot(subject.model, subject.board) if terms.baseline else None
    comparison = compare_snapshots(baseline, snapshot) if baseline else None
    notes = notes_on(comparison) if comparison else ()
    return GateEntry(
        model=subject.model,
        board=subject.board,
        source=subject.source,
        checks=judge(
            snapshot,
            terms.limits_for(subject.model, subject.board),
            baseline=baseline,
            comparison=comparison,
            without_baseline=terms.without_baseline,
        ),
        notes=notes,
        comparison=comparison,
        snapshot=snapshot,
    )
