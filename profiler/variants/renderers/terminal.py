"""The comparison for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from profiler.report.formatting import clean_text
from profiler.report.plain import plain_text
from profiler.report.profile import Unavailable
from profiler.variants import texts
from profiler.variants.model import VariantComparison

_WIDTH = 140
_WIDEST = 1000
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
    _print_table(console, texts.HEADER, texts.main_rows(comparison))
    accuracy = comparison.accuracy
    if isinstance(accuracy, Unavailable):
        return
    counted = f"{accuracy.samples} of {accuracy.samples_in_dataset} samples of {clean_text(accuracy.dataset)}"
    console.print(Text(f"\n{counted}, {accuracy.task.value}; deltas against {clean_text(accuracy.baseline)}"))
    for text in texts.decision_lines(accuracy):
        console.print(Text(clean_text(text, _TEXT_LIMIT)))
    _print_table(console, texts.METRIC_HEADER, texts.metric_rows(accuracy))
    rows = texts.slice_rows(accuracy)
    _print_table(console, texts.SLICE_HEADER, rows[:_SLICES_SHOWN])
    if len(rows) > _SLICES_SHOWN:
        console.print(Text(f"… and {len(rows) - _SLICES_SHOWN} slices more, in the other formats", style="dim"))
    console.print(Text(f"intervals: {accuracy.interval_method}\nslices: {accuracy.slice_method}", style="dim"))


def _print_table(console: Console, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """In a window too narrow even for its words, lines go on beyond the edge: nothing is cut off."""
    table = _table(header, rows)
    least = Measurement.get(console, console.options.update(width=_WIDEST), table).minimum
    console.print(table, width=max(least, console.width), crop=False)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Columns that say nothing in any row are left out; names stay whole in a narrow window, figures wrap at spaces."""
    rows = [tuple(clean_text(cell) for cell in row) for row in rows]
    told = [position for position in range(len(header)) if any(row[position] != texts.ABSENT for row in rows)]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for position in told:
        names = position < 2
        words = [word for cell in (header[position], *(row[position] for row in rows)) for word in cell.split()]
        longest = max(map(cell_len, words), default=0)
        table.add_column(header[position], justify="left" if names else "right", no_wrap=names, min_width=longest)
    for row in rows:
        table.add_row(*(Text(row[position]) for position in told))
    return table
