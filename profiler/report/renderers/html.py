"""One self-contained HTML file: no requests, works offline; charts drawn by Plotly, inlined once."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from profiler.boards.model import MemoryKind
from profiler.report.figures import figures
from profiler.report.formatting import (
    clean_text,
    format_bytes,
    format_count,
    format_difference,
    format_figure,
    format_ms,
    format_shape,
    format_shapes,
    format_uncertainty,
)
from profiler.report.layer_table import CAUSES
from profiler.report.palette import CATEGORY_COLORS, CAUSE_COLORS, Chart
from profiler.report.profile import Profile, Unavailable
from profiler.report.target_table import TARGET_HEADINGS, target_layer_headings, target_layer_rows, target_rows
from profiler.resources import report_assets_folder

# A JSON text stays JSON with these escaped, and can then neither end the script element nor open a comment.
_SCRIPT_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}
_MAX_TEXT = 2000


def render(profile: Profile) -> str:
    """The whole report; the same profile gives the same bytes."""
    template = report_environment().get_template("report.html.j2")
    assets = {"style": report_asset("report.css"), "script": report_asset("report.js"), "plotly": report_plotly()}
    return template.render(report_context(profile), **assets)


def report_context(profile: Profile) -> dict[str, Any]:
    """What the templates of `reports/sections/` show of a profile."""
    charts = figures(profile)
    drawn: dict[str, Chart] = {name: chart for name, chart in charts.items() if not isinstance(chart, Unavailable)}
    return {
        "profile": profile,
        "charts": charts,
        "charts_json": script_json(drawn),
        "flash": MemoryKind.FLASH,
        "ram": MemoryKind.RAM,
        "causes": CAUSES,
        "cause_colors": CAUSE_COLORS,
        "category_colors": CATEGORY_COLORS,
        "target_headings": TARGET_HEADINGS,
        "target_rows": target_rows(profile),
        "target_layer_headings": target_layer_headings(profile),
        "target_layer_rows": target_layer_rows(profile),
    }


def script_json(value: Any) -> Markup:
    """JSON that may stand inside a script element."""
    return Markup(json.dumps(value, ensure_ascii=False, allow_nan=False).translate(_SCRIPT_ESCAPES))


@cache
def report_asset(name: str) -> Markup:
    """A style sheet or script of `reports/`."""
    return Markup((report_assets_folder() / name).read_text(encoding="utf-8"))


@cache
def report_plotly() -> Markup:
    """Plotly's JavaScript."""
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs())


def _is_unavailable(value: object) -> bool:
    return isinstance(value, Unavailable)


def _finalize(value: object) -> object:
    """Every text that reaches the page is free of control and invisible characters."""
    return clean_text(value, _MAX_TEXT) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def report_environment() -> Environment:
    """The templates of `reports/`, with the filters that turn figures and untrusted text into what people read."""
    templates = Environment(
        loader=FileSystemLoader(report_assets_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(
        bytes=format_bytes,
        clean=clean_text,
        count=format_count,
        difference=format_difference,
        figure=format_figure,
        ms=format_ms,
        shape=format_shape,
        shapes=format_shapes,
        uncertainty=format_uncertainty,
    )
    templates.tests["unavailable"] = _is_unavailable
    return templates
