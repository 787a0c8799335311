"""The outcome of a gate as values: what every format shows and the exit code follows from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from profiler.report.comparison.model import Comparison
from profiler.report.comparison.snapshot import Snapshot
from profiler.report.profile import Figure, Unavailable

GATE_SCHEMA_VERSION = 1
"""Raised with every change that a reader of the JSON outcome could notice."""


class Verdict(StrEnum):
    PASS = "pass"
    WARN = "warn"  # could not be judged, and the user wants that to be no failure
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One limit held against one figure. `allowed` is what the value is compared with, in the metric's unit.

    A modelled figure is compared by its value, as the same model gives the same value; its interval is shown.
    """

    limit: str  # the budget's key: max_latency_increase
    metric: str
    title: str
    unit: str
    written: str  # the limit as the user wrote it: 2%
    verdict: Verdict
    value: Figure | Unavailable
    baseline: Figure | Unavailable | None  # None: the limit is absolute
    allowed: float | None  # None: could not be told
    reason: str
    causes: tuple[str, ...]  # of a failure: layers and sections, costliest first


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a model could not be judged at all."""

    kind: str  # the error's class
    message: str
    hint: str | None
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateEntry:
    """One model on one board. `source` is the file that a user can open: the model, or the saved profile."""

    model: str  # untrusted text
    board: str
    source: str
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()  # what a reader must know: another compiler, no baseline
    comparison: Comparison | None = None
    problem: Problem | None = None
    snapshot: Snapshot | None = None

    @property
    def verdict(self) -> Verdict:
        if self.problem or any(check.verdict is Verdict.FAIL for check in self.checks):
            return Verdict.FAIL
        warned = any(check.verdict is Verdict.WARN for check in self.checks)
        return Verdict.WARN if warned else Verdict.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """All models on all boards, in the order they were asked for."""

    entries: tuple[GateEntry, ...]

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 2 bad input, 3 environment, 4 not supported; the first of 3, 2, 4, 1 that occurred."""
        codes = {entry.problem.exit_code for entry in self.entries if entry.problem}
        if any(check.verdict is Verdict.FAIL for entry in self.entries for check in entry.checks):
            codes.add(1)
        return next((code for code in (3, 2, 4, 1) if code in codes), max(codes, default=0))

    @property
    def verdict(self) -> Verdict:
        verdicts = {entry.verdict for entry in self.entries}
        return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in verdicts), Verdict.PASS)
