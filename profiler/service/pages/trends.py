"""Trend lines of a model: figures over time, one line a board, as Plotly figure dicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from profiler.report.formatting import format_bytes, format_ms
from profiler.report.palette import Chart
from profiler.service.schemas import HistoryBody

_COLORS = ("#4c78a8", "#f58518", "#3b9a5b", "#e45756", "#b279a2", "#9d755d", "#59a8a1", "#d9a400")


def trend_charts(rows: Sequence[HistoryBody]) -> dict[str, Chart]:
    """Latency, RAM and flash of each board; a point of another version of the model has another shape."""
    return {
        "latency": _trend(rows, "latency in ms", lambda row: row.latency_ms, format_ms),
        "ram": _trend(
            rows, "RAM in KiB", lambda row: row.ram_bytes / 1024, lambda value: format_bytes(int(value * 1024))
        ),
        "flash": _trend(
            rows, "flash in KiB", lambda row: row.flash_bytes / 1024, lambda value: format_bytes(int(value * 1024))
        ),
    }


def _trend(
    rows: Sequence[HistoryBody],
    title: str,
    value: Callable[[HistoryBody], float | None],
    shown: Callable[[float], str],
) -> Chart:
    boards = sorted({row.board for row in rows})
    colors = {board: _COLORS[index % len(_COLORS)] for index, board in enumerate(boards)}
    traces = []
    for board in boards:
        points = [(row, number) for row in rows if row.board == board and (number := value(row)) is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": board,
                "x": [row.finished.isoformat() for row, _ in points],
                "y": [number for _, number in points],
                "line": {"color": colors[board], "width": 2},
                "marker": {"color": colors[board], "size": 8},
                "text": [f"{shown(number)}, {escape(_version(row))}" for row, number in points],
                "hovertemplate": "%{x}<br>%{text}<extra>" + escape(board) + "</extra>",
            }
        )
    return {
        "data": traces,
        "layout": {
            "height": 300,
            "xaxis": {"type": "date"},
            "yaxis": {"title": {"text": title}, "rangemode": "tozero"},
            "showlegend": False,
        },
        "legend": colors,
        "label": f"{title} over time, {len(rows)} results on {len(boards)} boards. The table below has every number.",
    }


def _version(row: HistoryBody) -> str:
    return f"model {row.model_sha256[:8]}, {row.options}, profiler {row.profiler_version}"
