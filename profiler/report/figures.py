"""Profile → charts, as Plotly figure dicts (data and layout), without Plotly. Pure.

Colours of text, grid and background are left to the page, which knows whether it is light or dark. Text that comes
from a model is escaped, since Plotly draws a subset of HTML in labels.
"""

from __future__ import annotations

from collections.abc import Callable

from profiler.report.figures_memory import arena_chart, flash_chart, ram_chart
from profiler.report.figures_roofline import roofline_chart
from profiler.report.formatting import format_figure, format_ms
from profiler.report.layer_table import CAUSES
from profiler.report.palette import CAUSE_COLORS, NEUTRAL, Chart, layer_label
from profiler.report.profile import CycleCauses, Figure, Profile, Unavailable


def latency_chart(profile: Profile) -> Chart | Unavailable:
    """Milliseconds a layer, stacked by cause; the whisker is the interval of the cycle model."""
    if isinstance(profile.summary.cycles, Unavailable):
        return profile.summary.cycles
    to_ms = 1e3 / profile.board.clock_hz
    labels = [layer_label(layer) for layer in profile.layers]
    causes = [layer.time.causes for layer in profile.layers]
    traces: list[Chart] = [
        {
            "type": "bar",
            "orientation": "h",
            "name": cause.replace("_", " "),
            "y": labels,
            "x": [getattr(entry, cause) * to_ms if isinstance(entry, CycleCauses) else 0 for entry in causes],
            "marker": {"color": CAUSE_COLORS[cause]},
            "hovertemplate": "%{y}: %{x:.3~g} ms<extra>%{fullData.name}</extra>",
        }
        for cause in CAUSES
        if any(getattr(entry, cause) for entry in causes if isinstance(entry, CycleCauses))
    ]
    return {
        "data": [*traces, _interval_trace(profile, labels)],
        "layout": {
            "barmode": "stack",
            "height": 64 + 26 * len(labels),
            "bargap": 0.25,
            "xaxis": {"title": {"text": "ms"}, "rangemode": "tozero"},
            "yaxis": {"range": [len(labels) - 0.5, -0.5], "automargin": True, "type": "category"},
            "showlegend": False,
        },
        "legend": {trace["name"]: trace["marker"]["color"] for trace in traces}
        | {"whisker: the model's interval": NEUTRAL},
        "label": f"Latency of each of {len(labels)} layers in milliseconds, stacked by cause. {_slowest(profile)}",
    }


def _interval_trace(profile: Profile, labels: list[str]) -> Chart:
    times = [layer.time.latency_ms for layer in profile.layers]

    def bounds(pick: Callable[[Figure], float]) -> list[float]:
        return [pick(time) if isinstance(time, Figure) else 0 for time in times]

    return {
        "type": "scatter",
        "mode": "markers",
        "name": "model's interval",
        "y": labels,
        "x": bounds(lambda time: time.value),
        "marker": {"size": 1, "color": NEUTRAL},
        "text": [format_figure(time, "ms") for time in times],
        "hovertemplate": "%{y}: %{text}<extra>total</extra>",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": bounds(lambda time: (time.high if time.high is not None else time.value) - time.value),
            "arrayminus": bounds(lambda time: time.value - (time.low if time.low is not None else time.value)),
            "color": NEUTRAL,
            "thickness": 1.2,
            "width": 3,
        },
    }


def _slowest(profile: Profile) -> str:
    known = [layer for layer in profile.layers if isinstance(layer.time.latency_ms, Figure)]
    if not known:
        return ""
    slowest = max(known, key=lambda layer: layer.time.latency_ms.value)  # type: ignore[union-attr]
    assert isinstance(slowest.time.latency_ms, Figure)
    return f"The slowest is {layer_label(slowest)} with {format_ms(slowest.time.latency_ms.value)}."


CHARTS: dict[str, Callable[[Profile], Chart | Unavailable]] = {
    "latency": latency_chart,
    "flash": flash_chart,
    "ram": ram_chart,
    "arena": arena_chart,
    "roofline": roofline_chart,
}


def figures(profile: Profile) -> dict[str, Chart | Unavailable]:
    """Every chart of the report by name."""
    return {name: chart(profile) for name, chart in CHARTS.items()}
