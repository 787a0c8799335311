"""What a Jupyter notebook shows for a Profile: a heading and the layers, without scripts or styles of its own."""

from __future__ import annotations

from html import escape

from profiler.report.formatting import clean_text, format_bytes, format_count, format_figure, format_shapes
from profiler.report.profile import Figure, LayerProfile, Profile

_HEADER = ("#", "layer", "kernel", "output", "cycles", "time", "cycles / MAC", "weights")


def render(profile: Profile) -> str:
    """An HTML fragment; every text is escaped."""
    summary = profile.summary
    facts = (
        ("latency", format_figure(summary.latency_ms, "ms")),
        ("cycles", format_figure(summary.cycles)),
        ("RAM", f"{format_figure(summary.ram_bytes, 'bytes')} of {format_bytes(summary.ram_available_bytes)}"),
        ("flash", f"{format_figure(summary.flash_bytes, 'bytes')} of {format_bytes(summary.flash_available_bytes)}"),
    )
    head = f"{clean_text(profile.model.name)} on {profile.board.title}"
    shown = " · ".join(f"{name} <b>{escape(value)}</b>" for name, value in facts)
    header = "".join(f"<th>{escape(name)}</th>" for name in _HEADER)
    body = "".join(_row(layer) for layer in profile.layers)
    warnings = "".join(f"<li>{escape(clean_text(warning, 400))}</li>" for warning in profile.warnings)
    return (
        f"<div><p><b>{escape(head)}</b><br>{shown}</p>"
        f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table><ul>{warnings}</ul></div>"
    )


def _row(layer: LayerProfile) -> str:
    cells = (
        str(layer.index),
        clean_text(layer.kind.lower()),
        layer.kernel,
        format_shapes(tensor.shape for tensor in layer.outputs),
        format_figure(layer.time.cycles),
        format_figure(layer.time.latency_ms, "ms"),
        format_count(layer.cycles_per_mac.value) if isinstance(layer.cycles_per_mac, Figure) else "—",
        format_bytes(int(layer.weights_bytes.value)),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
