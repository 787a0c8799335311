"""The report formats: one visible table, one module each, imported when used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from profiler.report.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """A format. `module` has `render(profile: Profile) -> str`, pure and deterministic."""

    name: str
    extension: str  # without the dot
    media_type: str
    module: str

    def render(self, profile: Profile) -> str:
        """The whole report as text."""
        text = import_module(self.module).render(profile)
        assert isinstance(text, str)
        return text


def _renderer(name: str, extension: str, media_type: str) -> Renderer:
    return Renderer(name=name, extension=extension, media_type=media_type, module=f"{__name__}.{name}")


RENDERERS: dict[str, Renderer] = {
    "terminal": _renderer("terminal", "txt", "text/plain"),
    "json": _renderer("json", "json", "application/json"),
    "html": _renderer("html", "html", "text/html"),
    "csv": _renderer("csv", "csv", "text/csv"),
    "markdown": _renderer("markdown", "md", "text/markdown"),
}
