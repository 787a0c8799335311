"""The formats of a comparison of variants: one visible table, one module each, imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiler.report.renderers import Renderer, renderer

if TYPE_CHECKING:
    from profiler.variants.model import VariantComparison

VARIANT_RENDERERS: dict[str, Renderer[VariantComparison]] = {
    "terminal": renderer(__name__, "terminal", "txt", "text/plain"),
    "json": renderer(__name__, "json", "json", "application/json"),
    "html": renderer(__name__, "html", "html", "text/html"),
    "markdown": renderer(__name__, "markdown", "md", "text/markdown"),
}
