"""Two profiles set side by side: what differs, layer by layer and section by section, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profiler.report.comparison.model import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRenderer:
    """A format of comparisons. `module` has `render(comparison: Comparison) -> str`, pure and deterministic."""

    name: str
    extension: str  # without the dot
    media_type: str
    module: str

    def render(self, comparison: Comparison) -> str:
        """The whole comparison as text."""
        text = import_module(self.module).render(comparison)
        assert isinstance(text, str)
        return text


def _renderer(name: str, extension: str, media_type: str, module: str | None = None) -> ComparisonRenderer:
    return ComparisonRenderer(
        name=name, extension=extension, media_type=media_type, module=f"{__name__}.{module or name}"
    )


COMPARISON_RENDERERS: dict[str, ComparisonRenderer] = {
    "terminal": _renderer("terminal", "txt", "text/plain"),
    "json": _renderer("json", "json", "application/json", module="serialize"),
    "html": _renderer("html", "html", "text/html"),
    "markdown": _renderer("markdown", "md", "text/markdown"),
}
