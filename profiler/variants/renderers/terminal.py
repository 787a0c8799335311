"""The comparison for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.report.formatting import clean_text
from profiler.report.plain import plain_text
from profiler.report.profile import Unavailable
from profiler.variants import texts
from profiler.variants.model import VariantComparison

_WIDTH = 140
_TEXT_LIMIT = 600
_SLICES_SHOWN = 12


def render(comparison: VariantComparison) -> str:
    """Plain text of a fixed width, without colours."""
    return plain_text(lambda console: print_comparison(comparison, console), width=_WIDTH)


def print_comparison(comparison: VariantComparison, console: Console) -> None:
    """What must not be missed first, then the one table, then accuracy."""
    console.print(Text(clean_text(comparison.model), style="bold"))
    for text in texts.headlines(comparison):
        console.print(Text(f"• {clean_text(text, _TEXT_LIMIT)}", style="red" if " hurts " in text else ""))
    console.print(_table(texts.HEADER, texts.main_rows(comparison)))
    accuracy = comparison.accuracy
    if isinstance(accuracy, Unavailable):
        return
    counted = f"{accuracy.samples} of {accuracy.samples_in_dataset} samples of {clean_text(accuracy.dataset)}"
    console.print(Text(f"\n{counted}, {accuracy.task.value}; deltas against {clean_text(accuracy.baseline)}"))
    for text in texts.decision_lines(accuracy):
        console.print(Text(clean_text(text, _TEXT_LIMIT)))
    console.print(_table(texts.METRIC_HEADER, texts.metric_rows(accuracy)))
    rows = texts.slice_rows(accuracy)
    console.print(_table(texts.SLICE_HEADER, rows[:_SLICES_SHOWN]))
    if len(rows) > _SLICES_SHOWN:
        console.print(Text(f"… and {len(rows) - _SLICES_SHOWN} slices more, in the other formats", style="dim"))
    console.print(Text(f"intervals: {accuracy.interval_method}\nslices: {accuracy.slice_method}", style="dim"))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Columns that say nothing in any row are left out; names stay whole in a narrow window, figures wrap."""
    rows = [tuple(clean_text(cell) for cell in row) for row in rows]
    told = [position for position in range(len(header)) if any(row[position] != texts.ABSENT for row in rows)]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for position in told:
        names = position < 2
        table.add_column(header[position], justify="left" if names else "right", no_wrap=names, overflow="fold")
    for row in rows:
        table.add_row(*(Text(row[position]) for position in told))
    return table
