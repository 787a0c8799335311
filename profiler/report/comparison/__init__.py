"""Two profiles set side by side: what differs, layer by layer and section by section, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiler.report.renderers import Renderer, renderer

if TYPE_CHECKING:
    from profiler.report.comparison.model import Comparison

COMPARISON_RENDERERS: dict[str, Renderer[Comparison]] = {
    "terminal": renderer(__name__, "terminal", "txt", "text/plain"),
    "json": renderer(__name__, "serialize", "json", "application/json"),
    "html": renderer(__name__, "html", "html", "text/html"),
    "markdown": renderer(__name__, "markdown", "md", "text/markdown"),
}
"""The formats of a comparison, one module each, imported when used."""
