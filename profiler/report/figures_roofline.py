"""The roofline chart: layers under the core's ceilings. Pure."""

from __future__ import annotations

from profiler.build.model import Category
from profiler.report.formatting import format_count
from profiler.report.palette import CATEGORY_COLORS, Chart, layer_label
from profiler.report.profile import Figure, LayerProfile, Profile, Unavailable


def roofline_chart(profile: Profile) -> Chart | Unavailable:
    """MACs a cycle over MACs a byte, below the core's ceilings; a marker's area is the layer's share of the cycles."""
    if isinstance(profile.summary.cycles, Unavailable):
        return profile.summary.cycles
    points = [layer for layer in profile.layers if layer.macs.value and isinstance(layer.time.cycles, Figure)]
    if not points:
        return Unavailable(reason="no layer does multiply-accumulates")
    intensities = [layer.macs.value / _traffic_bytes(layer) for layer in points]
    cycles = [layer.time.cycles.value for layer in points if isinstance(layer.time.cycles, Figure)]
    total = profile.summary.cycles.value
    speeds = [layer.macs.value / count for layer, count in zip(points, cycles, strict=True)]
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "name": "layers",
        "x": intensities,
        "y": speeds,
        "text": [str(layer.index) for layer in points],
        "textposition": "middle right",
        "marker": {
            "color": CATEGORY_COLORS[Category.WEIGHTS],
            "opacity": 0.8,
            "size": [8 + 32 * (count / total) ** 0.5 for count in cycles],
        },
        "customdata": [
            [layer_label(layer), format_count(layer.macs.value), f"{count / total:.1%}"]
            for layer, count in zip(points, cycles, strict=True)
        ],
        "hovertemplate": "%{customdata[0]}<br>%{y:.3f} MACs/cycle, %{x:.2f} MACs/byte<br>%{customdata[1]} MACs, "
        "%{customdata[2]} of the cycles<extra></extra>",
    }
    ceilings = _ceilings(profile, min(intensities) / 2, max(intensities) * 2)
    return {
        "data": [*ceilings, trace],
        "layout": {
            "height": 420,
            "xaxis": _log_axis("MACs per byte of weights, input and output"),
            "yaxis": _log_axis("MACs per cycle"),
            "showlegend": False,
        },
        "legend": {line["name"]: line["line"]["color"] for line in ceilings},
        "label": f"Roofline of {len(points)} layers: multiply-accumulates per cycle against arithmetic intensity.",
    }


def _log_axis(title: str) -> Chart:
    """A logarithmic axis with every tick written out: 0.1, 0.2, 0.5, 1, …"""
    ticks = [digit * 10.0**power for power in range(-4, 5) for digit in (1, 2, 5)]
    return {
        "type": "log",
        "title": {"text": title},
        "automargin": True,
        "tickvals": ticks,
        "ticktext": [f"{tick:g}" for tick in ticks],
    }


def _traffic_bytes(layer: LayerProfile) -> float:
    """Bytes that must move at least once: weights, inputs, outputs."""
    inputs = sum(tensor.size_bytes for tensor in layer.inputs)
    return max(layer.weights_bytes.value + inputs + layer.output_bytes, 1)


def _ceilings(profile: Profile, left: float, right: float) -> list[Chart]:
    roof = profile.roofline
    lines = []
    peak = roof.peak_macs_per_cycle
    if isinstance(peak, Figure):
        lines.append(_line(f"peak {peak.value:g} MACs/cycle", [left, right], [peak.value, peak.value], "#e45756"))
    for name, bandwidth, color in (
        ("loads", roof.load_bytes_per_cycle, "#59a8a1"),
        ("uncached flash", roof.flash_bytes_per_cycle, "#d9a400"),
    ):
        if isinstance(bandwidth, Figure):
            stop = min(right, peak.value / bandwidth.value) if isinstance(peak, Figure) else right
            if stop > left:
                ends = [left * bandwidth.value, stop * bandwidth.value]
                lines.append(_line(f"{name} {bandwidth.value:.3g} bytes/cycle", [left, stop], ends, color))
    return lines


def _line(name: str, x: list[float], y: list[float], color: str) -> Chart:
    line = {"color": color, "width": 2, "dash": "dash"}
    return {"type": "scatter", "mode": "lines", "name": name, "x": x, "y": y, "line": line, "hoverinfo": "name"}
