"""A comparison → charts, as Plotly figure dicts, without Plotly. Pure; texts from outside are escaped for Plotly."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from profiler.accuracy.metrics import METRICS
from profiler.accuracy.results import AccuracyResult, SliceResult, VariantAccuracy
from profiler.report.formatting import clean_text
from profiler.report.palette import NEUTRAL, Chart
from profiler.report.profile import Figure, Unavailable
from profiler.variants.model import VariantComparison, VariantQuality
from profiler.variants.table import main_result

COLORS = ("#4c78a8", "#f58518", "#59a8a1", "#b279a2", "#d9a400", "#9d755d", "#e45756", "#3b8040")
_HURT = "#e45756"
_SLICES_LIMIT = 60
_CLASSES_LIMIT = 40


def figures(comparison: VariantComparison) -> dict[str, Chart]:
    """The charts that can be drawn, by name."""
    charts: dict[str, Chart] = {}
    accuracy = comparison.accuracy
    if not isinstance(accuracy, Unavailable):
        points = accuracy_against_latency(comparison, accuracy)
        if points["data"]:
            charts["accuracy-latency"] = points
        if any(each.result.delta is not None for each in accuracy.slices):
            charts["slices"] = slice_deltas(accuracy)
        for number, variant in enumerate(accuracy.variants):
            if variant.confusion and len(variant.confusion) <= _CLASSES_LIMIT:
                charts[f"confusion-{number}"] = confusion(accuracy, variant)
    for number, quality in enumerate(comparison.quality):
        if not isinstance(quality.layers, Unavailable):
            charts[f"sqnr-{number}"] = layer_sqnr(quality)
    return charts


def accuracy_against_latency(comparison: VariantComparison, accuracy: AccuracyResult) -> Chart:
    """A point a variant and board; the whisker is the accuracy's interval."""
    unit = 100 if METRICS[accuracy.metric].is_share else 1
    traces = []
    for number, board in enumerate(comparison.boards):
        cells = [cell for cell in comparison.cells if cell.board == board and isinstance(cell.latency_ms, Figure)]
        points = [(cell, main_result(comparison, cell.variant)) for cell in cells]
        known = [(cell, result) for cell, result in points if result is not None and result.value is not None]
        if known:
            traces.append(_points(board, COLORS[number % len(COLORS)], known, unit))
    axis = f"{accuracy.metric}, %" if unit == 100 else accuracy.metric
    return {
        "data": traces,
        "layout": {
            "height": 380,
            "xaxis": {"title": {"text": "latency, ms"}, "type": "log"},
            "yaxis": {"title": {"text": axis}},
            "showlegend": False,
        },
        "legend": {trace["name"]: trace["marker"]["color"] for trace in traces},
        "label": f"{accuracy.metric} against latency of each variant on each board.",
    }


def _points(board: str, color: str, known: list[Any], unit: int) -> Chart:
    intervals = [result.interval for _, result in known]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": _short(board),
        "x": [cell.latency_ms.value for cell, _ in known],
        "y": [unit * result.value for _, result in known],
        "text": [_short(cell.variant) for cell, _ in known],
        "textposition": "top center",
        "marker": {"color": color, "size": 10},
        "hovertemplate": "%{text}: %{y:.4~g} at %{x:.3~g} ms<extra>%{fullData.name}</extra>",
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [
                unit * (interval.high - result.value) if interval else 0
                for interval, (_, result) in zip(intervals, known, strict=True)
            ],
            "arrayminus": [
                unit * (result.value - interval.low) if interval else 0
                for interval, (_, result) in zip(intervals, known, strict=True)
            ],
            "color": NEUTRAL,
            "thickness": 1.2,
            "width": 3,
        },
    }


def slice_deltas(accuracy: AccuracyResult) -> Chart:
    """A bar a slice and variant with the delta's interval; slices that are called out are red."""
    unit = 100 if METRICS[accuracy.metric].is_share else 1
    names = [each.variant for each in accuracy.variants if each.variant != accuracy.baseline]
    found = [each for each in accuracy.slices if each.result.delta is not None]
    labels = list(dict.fromkeys(_slice_label(each) for each in found))[:_SLICES_LIMIT]
    traces = [
        _bars(name, COLORS[number % len(COLORS)], [each for each in found if each.variant == name], unit)
        for number, name in enumerate(names)
    ]
    suffix = ", percentage points" if unit == 100 else ""
    return {
        "data": traces,
        "layout": {
            "height": 80 + 24 * len(labels) * max(len(names), 1),
            "barmode": "group",
            "xaxis": {"title": {"text": f"{_metrics_named(found)} against {accuracy.baseline}{suffix}"}},
            "yaxis": {"automargin": True, "type": "category", "range": [len(labels) - 0.5, -0.5]},
            "showlegend": False,
        },
        "legend": {name: COLORS[number % len(COLORS)] for number, name in enumerate(names)}
        | {"significantly worse than the rest": _HURT},
        "label": f"Change of {_metrics_named(found)} of each slice with its 95% interval.",
    }


def _bars(name: str, color: str, found: list[SliceResult], unit: int) -> Chart:
    deltas = [unit * (each.result.delta or 0.0) for each in found]
    bounds = list(zip([each.result.delta_interval for each in found], deltas, strict=True))
    return {
        "type": "bar",
        "orientation": "h",
        "name": _short(name),
        "y": [_slice_label(each) for each in found],
        "x": deltas,
        "marker": {"color": [_HURT if each.called_out else color for each in found]},
        "customdata": [each.samples for each in found],
        "hovertemplate": "%{y}: %{x:+.3~g}, %{customdata} samples<extra>%{fullData.name}</extra>",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [unit * bound.high - delta if bound else 0 for bound, delta in bounds],
            "arrayminus": [delta - unit * bound.low if bound else 0 for bound, delta in bounds],
            "color": NEUTRAL,
            "thickness": 1.2,
            "width": 3,
        },
    }


def confusion(accuracy: AccuracyResult, variant: VariantAccuracy) -> Chart:
    """True class by row, decided class by column; colour is the share of the row, text the count."""
    names = [_short(name) for name in accuracy.class_names]
    shares = [[count / (sum(row) or 1) for count in row] for row in variant.confusion]
    return {
        "data": [
            {
                "type": "heatmap",
                "z": shares,
                "x": names,
                "y": names,
                "text": [[str(count) if count else "" for count in row] for row in variant.confusion],
                "texttemplate": "%{text}",
                "zmin": 0,
                "zmax": 1,
                "showscale": False,
                "colorscale": [[0, "rgba(76,120,168,0.06)"], [1, "rgba(76,120,168,0.85)"]],
                "hovertemplate": "%{y} decided as %{x}: %{text}<extra></extra>",
            }
        ],
        "layout": {
            "height": 140 + 24 * len(names),
            "xaxis": {"title": {"text": "decided"}, "type": "category"},
            "yaxis": {"title": {"text": "true"}, "type": "category", "autorange": "reversed", "automargin": True},
        },
        "label": f"Confusion matrix of {variant.variant}.",
    }


def layer_sqnr(quality: VariantQuality) -> Chart:
    """A bar a layer: the lower, the more of its values is noise."""
    assert not isinstance(quality.layers, Unavailable)
    known = [each for each in quality.layers if each.sqnr_db is not None]
    labels = [f"{each.operator} {escape(clean_text(each.layer.lower(), 32))}" for each in known]
    return {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "name": _short(quality.variant),
                "y": labels,
                "x": [each.sqnr_db for each in known],
                "marker": {"color": COLORS[0]},
                "hovertemplate": "%{y}: %{x:.1f} dB<extra></extra>",
            }
        ],
        "layout": {
            "height": 80 + 22 * len(labels),
            "xaxis": {"title": {"text": "signal to quantization noise, dB"}, "rangemode": "tozero"},
            "yaxis": {"automargin": True, "type": "category", "range": [len(labels) - 0.5, -0.5]},
            "showlegend": False,
        },
        "label": f"Signal to quantization noise of each layer of {quality.variant}.",
    }


def _metrics_named(found: Iterable[SliceResult]) -> str:
    """The metric of the slices; both where slices of one class alone have another one."""
    return ", ".join(dict.fromkeys(each.result.metric for each in found))


def _slice_label(each: SliceResult) -> str:
    return _short(f"{each.column} = {each.value}")


def _short(text: str) -> str:
    return escape(clean_text(text, 32))
