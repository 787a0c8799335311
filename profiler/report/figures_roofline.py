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
    points = [
        (layer, layer.time.cycles.value)
        for layer in profile.layers
        if layer.macs.value and isinstance(layer.time.cycles, Figure) and layer.time.cycles.value
    ]
    if not points:
        return Unavailable(reason="no layer does multiply-accumulates")
    markers = _markers(points, profile.summary.cycles.value)
    ceilings = _ceilings(profile, min(markers["x"]) / 2, max(markers["x"]) * 2)
    return {
        "data": [*ceilings, markers],
        "layout": {
            "height": 420,
            "xaxis": _log_axis("MACs per byte of weights, input and output"),
            "yaxis": _log_axis("MACs per cycle"),
            "showlegend": False,
        },
        "legend": {line["name"]: line["line"]["color"] for line in ceilings},
        "label": f"Roofline of {len(points)} layers: multiply-accumulates per cycle against arithmetic intensity.",
    }


def _markers(points: list[tuple[LayerProfile, float]], total_cycles: float) -> Chart:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": "layers",
        "x": [layer.macs.value / _traffic_bytes(layer) for layer, _cycles in points],
        "y": [layer.macs.value / cycles for layer, cycles in points],
        "text": [str(layer.index) for layer, _cycles in points],
        "textposition": "middle right",
        "marker": {
            "color": CATEGORY_COLORS[Category.WEIGHTS],
            "opacity": 0.8,
            "size": [8 + 32 * (cycles / total_cycles) ** 0.5 for _layer, cycles in points],
        },
        "customdata": [
            [layer_label(layer), format_count(layer.macs.value), f"{cycles / total_cycles:.1%}"]
            for layer, cycles in points
        ],
        "hovertemplate": "%{customdata[0]}<br>%{y:.3f} MACs/cycle, %{x:.2f} MACs/byte<br>%{customdata[1]} MACs, "
        "%{customdata[2]} of the cycles<extra></extra>",
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
