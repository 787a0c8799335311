"""A comparison as HTML: a fragment for a page of somebody else's, and a page of its own."""

from __future__ import annotations

from profiler.report.comparison.model import Comparison
from profiler.report.comparison.rows import (
    FIGURE_HEADER,
    LAYER_HEADER,
    SECTION_HEADER,
    figure_rows,
    layer_rows,
    section_rows,
    title,
    unchanged_layers,
    verdict,
)
from profiler.report.renderers.html import report_asset, report_environment


def render_fragment(comparison: Comparison) -> str:
    """Headings from h2 on and tables, without scripts or styles; every text is escaped. Classes are report.css's."""
    return _render("comparison.html.j2", comparison)


def render(comparison: Comparison) -> str:
    """One self-contained page, light and dark, that asks for nothing from outside."""
    return _render("comparison_page.html.j2", comparison)


def _render(template: str, comparison: Comparison) -> str:
    return (
        report_environment()
        .get_template(template)
        .render(
            comparison=comparison,
            title=title(comparison),
            verdict=verdict(comparison),
            unchanged=unchanged_layers(comparison),
            style=report_asset("report.css"),
            figures=(FIGURE_HEADER, figure_rows(comparison)),
            layers=(LAYER_HEADER, layer_rows(comparison)),
            sections=(SECTION_HEADER, section_rows(comparison)),
        )
    )
