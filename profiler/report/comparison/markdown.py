"""A comparison as GitHub-flavoured Markdown: a file, or a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from profiler.report.comparison.model import Comparison
from profiler.report.comparison.rows import (
    FIGURE_HEADER,
    LAYER_HEADER,
    SECTION_HEADER,
    Row,
    figure_rows,
    layer_rows,
    section_rows,
    title,
    unchanged_layers,
    verdict,
)
from profiler.report.renderers.markdown import escape

_LINE_LIMIT = 400


def render(comparison: Comparison) -> str:
    """Figures and explanation in sight, layers and sections folded away."""
    lines = [f"### {escape(title(comparison), 240)}", "", escape(verdict(comparison), _LINE_LIMIT), ""]
    lines += [*markdown_table(FIGURE_HEADER, figure_rows(comparison), left=1), ""]
    lines += explanation_lines(comparison)
    layers, sections = layer_rows(comparison), section_rows(comparison)
    if layers:
        lines += _folded(f"Layers: {unchanged_layers(comparison)}", markdown_table(LAYER_HEADER, layers, left=4))
    if sections:
        lines += _folded("Flash and RAM, section by section", markdown_table(SECTION_HEADER, sections, left=2))
    return "\n".join(lines)


def _folded(summary: str, lines: Sequence[str]) -> list[str]:
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>", ""]


def explanation_lines(comparison: Comparison, limit: int = 20) -> list[str]:
    """A list of what changed, costliest first, and an empty line; nothing when nothing did."""
    shown = [f"- {escape(line, _LINE_LIMIT)}" for line in comparison.explanation[:limit]]
    if len(comparison.explanation) > limit:
        shown.append(f"- and {len(comparison.explanation) - limit} more")
    return [*shown, ""] if shown else []


def markdown_table(header: Sequence[str], rows: Sequence[Row], *, left: int) -> list[str]:
    """A table; the first `left` columns are aligned to the left, and every cell is escaped."""
    rule = [":--" if position < left else "--:" for position in range(len(header))]
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join(rule)} |"]
    return lines + [f"| {' | '.join(escape(cell, _LINE_LIMIT) for cell in row.cells)} |" for row in rows]
