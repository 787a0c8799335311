"""The comparison as one self-contained page, with the report's style, script and charts."""

from __future__ import annotations

from profiler.report.profile import Unavailable
from profiler.report.renderers.html import report_asset, report_environment, report_plotly, script_json
from profiler.variants import texts
from profiler.variants.figures import figures
from profiler.variants.model import LayerQuality, VariantComparison


def render(comparison: VariantComparison) -> str:
    """The same comparison gives the same bytes; nothing is loaded from outside."""
    charts = figures(comparison)
    accuracy = comparison.accuracy
    known = not isinstance(accuracy, Unavailable)
    return (
        report_environment()
        .get_template("variants.html.j2")
        .render(
            comparison=comparison,
            accuracy=accuracy,
            headlines=tuple(texts.headlines(comparison)),
            main=(texts.HEADER, texts.main_rows(comparison)),
            metrics=(texts.METRIC_HEADER, texts.metric_rows(accuracy) if known else []),  # type: ignore[arg-type]
            slices=(texts.SLICE_HEADER, texts.slice_rows(accuracy) if known else []),  # type: ignore[arg-type]
            classes=(texts.CLASS_HEADER, texts.class_rows(accuracy) if known else []),  # type: ignore[arg-type]
            provenance=tuple(texts.provenance(comparison)),
            confusion_rows=texts.confusion_rows,
            difference_text=texts.difference_text,
            decisions=tuple(texts.decision_lines(accuracy)) if known else (),  # type: ignore[arg-type]
            layer_header=texts.LAYER_HEADER,
            layer_row=_layer_row,
            charts=charts,
            charts_json=script_json(charts),
            style=report_asset("report.css"),
            script=report_asset("report.js"),
            plotly=report_plotly(),
        )
    )


def _layer_row(layer: LayerQuality) -> tuple[str, ...]:
    noise = layer.no_sqnr if layer.sqnr_db is None else f"{layer.sqnr_db:.1f} dB"
    return (str(layer.operator), layer.layer, layer.tensor[:60], noise, f"{layer.saturated_share:.2%}")
