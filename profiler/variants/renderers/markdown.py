"""The comparison as GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from profiler.report.profile import Unavailable
from profiler.report.renderers.markdown import escape
from profiler.variants import texts
from profiler.variants.model import VariantComparison

_TEXT_LIMIT = 600


def render(comparison: VariantComparison) -> str:
    """The one table, what must not be missed, then metrics and slices."""
    lines = [f"### Variants of {escape(comparison.model)}", ""]
    lines += table(texts.HEADER, texts.main_rows(comparison), left=2)
    lines += ["", *(f"- {escape(text, _TEXT_LIMIT)}" for text in texts.headlines(comparison)), ""]
    accuracy = comparison.accuracy
    if not isinstance(accuracy, Unavailable):
        counted = f"{accuracy.samples} of {accuracy.samples_in_dataset} samples of {escape(accuracy.dataset)}"
        lines += [f"{counted}, {accuracy.task.value}; deltas against {escape(accuracy.baseline)}.", ""]
        lines += [f"- {escape(text, _TEXT_LIMIT)}" for text in texts.decision_lines(accuracy)]
        lines += ["", *table(texts.METRIC_HEADER, texts.metric_rows(accuracy), left=2), ""]
        lines += table(texts.SLICE_HEADER, texts.slice_rows(accuracy), left=2)
        lines += ["", f"<sub>Intervals: {accuracy.interval_method}. Slices: {accuracy.slice_method}.</sub>"]
    lines += ["", f"<sub>profiler {comparison.profiler_version}</sub>"]
    return "\n".join(lines) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> list[str]:
    """A table whose columns from number `left` on are aligned to the right; texts are escaped."""
    rule = [":--" if position < left else "--:" for position in range(len(header))]
    body = [f"| {' | '.join(escape(cell) for cell in row)} |" for row in rows]
    return [f"| {' | '.join(header)} |", f"| {' | '.join(rule)} |", *body]
