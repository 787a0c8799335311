"""A gate's outcome as GitHub-flavoured Markdown: a comment on a pull request, a job's summary."""

from __future__ import annotations

from profiler.gate.model import GateEntry, GateResult, Verdict
from profiler.gate.renderers.rows import CHECK_HEADER, check_rows, entry_title, explained, failures, summary_line
from profiler.report.comparison.markdown import markdown_table
from profiler.report.renderers.markdown import escape

_MARKS = {Verdict.PASS: "✅", Verdict.WARN: "⚠️", Verdict.FAIL: "❌"}
_LINE_LIMIT = 600


def render(result: GateResult) -> str:
    """Failures explained in sight; the table of a model that passed is folded away."""
    lines = [f"## {_MARKS[result.verdict]} {summary_line(result)}", ""]
    for entry in result.entries:
        lines += _entry(entry)
    return "\n".join(lines)


def _entry(entry: GateEntry) -> list[str]:
    heading = f"### {_MARKS[entry.verdict]} {escape(entry_title(entry), 160)}"
    lines = [heading, ""]
    if entry.problem:
        lines += [f"**{escape(entry.problem.kind)}**: {escape(entry.problem.message, 2000)}", ""]
        lines += [f"Hint: {escape(entry.problem.hint, 2000)}", ""] if entry.problem.hint else []
    for failure in failures(entry):
        lines += [f"- **{failure.titles}**: {escape(failure.reason, _LINE_LIMIT)}"]
        lines += [f"  - {escape(cause, _LINE_LIMIT)}" for cause in failure.causes]
    lines += [""] if failures(entry) else []
    for note in entry.notes:
        lines += [f"> **Note:** {escape(note, _LINE_LIMIT)}", ""]
    if entry.checks:
        table = markdown_table(CHECK_HEADER, check_rows(entry), left=2)
        passed = entry.verdict is Verdict.PASS
        lines += _folded(f"{len(entry.checks)} limits", table) if passed else [*table, ""]
    changes = [f"- {escape(line, _LINE_LIMIT)}" for line in explained(entry)]
    return lines + (_folded("What changed since the baseline, costliest first", changes) if changes else [])


def _folded(summary: str, lines: list[str]) -> list[str]:
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>", ""]
