"""The per-layer table for spreadsheets."""

from __future__ import annotations

import csv
import io

from profiler.report.formatting import clean_text
from profiler.report.layer_table import Cell, layer_rows
from profiler.report.profile import Profile

# A spreadsheet takes a cell that begins so for a formula (OWASP, CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def render(profile: Profile) -> str:
    """One line a layer (RFC 4180), the header first. Text that a spreadsheet would run is quoted with `'`."""
    rows = layer_rows(profile)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return out.getvalue()


def _cell(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    shown = clean_text(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA_STARTS) else shown
