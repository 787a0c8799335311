"""A gate's checks as text, for all formats. Names are cleaned, not escaped."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.gate.model import Check, GateEntry, GateResult, Verdict
from profiler.report.comparison.rows import MISSING, Row, show_delta, show_figure, show_value
from profiler.report.formatting import clean_text
from profiler.report.profile import Basis, Figure

CHECK_HEADER = ("limit", "verdict", "value", "allowed", "baseline", "change")
_TREND = {Verdict.FAIL: 1, Verdict.WARN: 0, Verdict.PASS: -1}
EXPLAINED_LINES = 12


def entry_title(entry: GateEntry) -> str:
    """`kws.tflite on nucleo_l4r5zi`."""
    return f"{clean_text(entry.model, 80)} on {clean_text(entry.board, 40)}"


def check_rows(entry: GateEntry) -> list[Row]:
    """One line a check; the trend is 1 for a failed one."""
    return [_row(check) for check in entry.checks]


def _row(check: Check) -> Row:
    allowed = None if check.allowed is None else Figure(value=check.allowed, basis=Basis.STATIC)
    cells = (
        f"{check.limit} = {clean_text(check.written, 40)}",
        check.verdict.value,
        show_figure(check.value, check.unit),
        MISSING if allowed is None else show_figure(allowed, check.unit),
        MISSING if check.baseline is None else show_value(check.baseline, check.unit),
        show_delta(_change(check), check.unit),
    )
    return Row(cells=cells, trend=_TREND[check.verdict])


def _change(check: Check) -> float | None:
    if isinstance(check.value, Figure) and isinstance(check.baseline, Figure):
        return check.value.value - check.baseline.value
    return None


def failed_checks(entry: GateEntry) -> list[Check]:
    """The checks that did not pass, warnings included."""
    return [check for check in entry.checks if check.verdict is not Verdict.PASS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What did not pass for one reason: `titles` as `latency, flash`."""

    titles: str
    verdict: Verdict
    reason: str
    causes: tuple[str, ...]


def failures(entry: GateEntry) -> list[Failure]:
    """The failed checks, those with one reason (no baseline) together."""
    grouped: dict[tuple[Verdict, str, tuple[str, ...]], list[str]] = {}
    for check in failed_checks(entry):
        grouped.setdefault((check.verdict, check.reason, check.causes), []).append(check.title)
    return [
        Failure(titles=", ".join(dict.fromkeys(titles)), verdict=verdict, reason=reason, causes=causes)
        for (verdict, reason, causes), titles in grouped.items()
    ]


def explained(entry: GateEntry) -> list[str]:
    """What differs from the baseline, costliest first, when a check failed; at most a dozen lines."""
    if entry.comparison is None or entry.verdict is Verdict.PASS:
        return []
    lines = list(entry.comparison.explanation[:EXPLAINED_LINES])
    more = len(entry.comparison.explanation) - len(lines)
    return [*lines, f"and {more} more"] if more > 0 else lines


def summary_line(result: GateResult) -> str:
    """`gate failed: 2 of 7 limits exceeded; 1 model could not be judged`."""
    checks = [check for entry in result.entries for check in entry.checks]
    failed = sum(check.verdict is Verdict.FAIL for check in checks)
    warned = sum(check.verdict is Verdict.WARN for check in checks)
    problems = sum(entry.problem is not None for entry in result.entries)
    word = "failed" if result.verdict is Verdict.FAIL else "passed"
    if failed:
        parts = [f"{failed} of {len(checks)} limits failed"]
    elif checks:
        parts = [f"{len(checks) - warned} limits kept"]
    else:
        parts = [] if problems else ["nothing was limited"]
    parts += [f"{warned} not judged"] if warned else []
    parts += [f"{problems} of {len(result.entries)} models could not be judged"] if problems else []
    return f"gate {word}: {'; '.join(parts)}"
