"""A comparison in a terminal: figures, changed layers, changed sections, and what explains them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

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
from profiler.report.plain import plain_text

_TREND_STYLES = {1: "red", -1: "green", 0: ""}


def render(comparison: Comparison) -> str:
    """Plain text, without colours."""
    return plain_text(lambda console: print_comparison(comparison, console))


def print_comparison(comparison: Comparison, console: Console) -> None:
    """The same with the console's own width and colours. Names from models are shown as text, never as markup."""
    figures = _table(FIGURE_HEADER, figure_rows(comparison), left=1)
    console.print(Panel(figures, title=Text(title(comparison)), title_align="left", padding=(1, 2)))
    layers = layer_rows(comparison)
    if layers:
        console.print(_table(LAYER_HEADER, layers, left=4, dim=2))
    console.print(Text(unchanged_layers(comparison), style="dim"))
    sections = section_rows(comparison)
    if sections:
        console.print()
        console.print(_table(SECTION_HEADER, sections, left=2))
    if comparison.explanation:
        console.print()
        console.print(Text("what changed, costliest first", style="bold"))
    for line in comparison.explanation:
        console.print(Text(f"- {line}"))
    console.print()
    console.print(Text(verdict(comparison), style="yellow" if comparison.circumstances else "dim"))


def _table(header: Sequence[str], rows: Sequence[Row], *, left: int, dim: int = 0) -> Table:
    """`left`: how many columns are aligned to the left; the first `dim` ones are dimmed."""
    table = Table(header_style="bold", box=None, padding=(0, 1), pad_edge=False)
    for position, heading in enumerate(header):
        wraps = heading == "what"
        justify = "left" if position < left else "right"
        table.add_column(heading, justify=justify, style="dim" if position < dim else "", no_wrap=not wraps)  # type: ignore[arg-type]
    for row in rows:
        style = _TREND_STYLES[row.trend]
        table.add_row(*(Text(cell, style=style if position >= left else "") for position, cell in enumerate(row.cells)))
    return table
