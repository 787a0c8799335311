"""A gate's outcome in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.gate.model import GateEntry, GateResult, Verdict
from profiler.gate.renderers.rows import (
    CHECK_HEADER,
    check_rows,
    entry_title,
    explained,
    failures,
    summary_line,
)
from profiler.report.formatting import clean_text
from profiler.report.plain import plain_text

_STYLES = {Verdict.PASS: "green", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def render(result: GateResult) -> str:
    """Plain text, without colours."""
    return plain_text(lambda console: print_gate(result, console))


def print_gate(result: GateResult, console: Console) -> None:
    """The same with the console's own width and colours. Names from models are shown as text, never as markup."""
    for entry in result.entries:
        console.print(Text.assemble((entry_title(entry), "bold"), "  ", _verdict(entry.verdict)))
        _print_entry(entry, console)
        console.print()
    console.print(Text(summary_line(result), style=_STYLES[result.verdict]))


def _verdict(verdict: Verdict) -> Text:
    return Text(verdict.value.upper(), style=_STYLES[verdict])


def _print_entry(entry: GateEntry, console: Console) -> None:
    if entry.problem:
        console.print(Text(f"error: {clean_text(entry.problem.message, 1000)}", style="red"))
        if entry.problem.hint:
            console.print(Text(f"hint: {clean_text(entry.problem.hint, 1000)}"))
    if entry.checks:
        console.print(_checks(entry))
    for failure in failures(entry):
        console.print(Text.assemble((f"{failure.titles}: ", _STYLES[failure.verdict]), failure.reason))
        for cause in failure.causes:
            console.print(Text(f"  - {cause}"))
    for note in entry.notes:
        console.print(Text.assemble(("note: ", "yellow"), note))
    lines = explained(entry)
    if lines:
        console.print(Text("what changed since the baseline, costliest first", style="bold"))
    for line in lines:
        console.print(Text(f"- {line}"))


def _checks(entry: GateEntry) -> Table:
    table = Table(header_style="bold", box=None, padding=(0, 1), pad_edge=False)
    for position, heading in enumerate(CHECK_HEADER):
        table.add_column(heading, justify="left" if position < 2 else "right", no_wrap=True)
    for check, row in zip(entry.checks, check_rows(entry), strict=True):
        limit, verdict, *rest = row.cells
        table.add_row(Text(limit), Text(verdict, style=_STYLES[check.verdict]), *(Text(cell) for cell in rest))
    return table
