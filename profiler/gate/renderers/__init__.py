"""The formats of a gate's outcome: one visible table, one module each, imported when used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from profiler.report.renderers import Renderer, renderer

if TYPE_CHECKING:
    from profiler.gate.model import GateResult

GATE_RENDERERS: dict[str, Renderer[GateResult]] = {
    "terminal": renderer(__name__, "terminal", "txt", "text/plain"),
    "markdown": renderer(__name__, "markdown", "md", "text/markdown"),
    "junit": renderer(__name__, "junit", "xml", "application/xml"),
    "json": renderer(__name__, "json", "json", "application/json"),
    "github": renderer(__name__, "github", "txt", "text/plain"),
}
