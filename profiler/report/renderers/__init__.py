"""The report formats: one visible table, one module each, imported when used."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from profiler.errors import SettingsError

if TYPE_CHECKING:
    from profiler.report.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """A format. `module` has `render(profile: Profile) -> str`, pure and deterministic."""

    name: str
    suffix: str
    media_type: str
    module: str

    def render(self, profile: Profile) -> str:
        """The whole report as text."""
        text = import_module(self.module).render(profile)
        assert isinstance(text, str)
        return text


def _renderer(name: str, suffix: str, media_type: str) -> Renderer:
    return Renderer(name=name, suffix=suffix, media_type=media_type, module=f"{__name__}.{name}")


RENDERERS: dict[str, Renderer] = {
    "terminal": _renderer("terminal", ".txt", "text/plain"),
    "json": _renderer("json", ".json", "application/json"),
    "csv": _renderer("csv", ".csv", "text/csv"),
    "markdown": _renderer("markdown", ".md", "text/markdown"),
}


def renderer(name: str) -> Renderer:
    """The renderer of that name. Raises SettingsError with the choices."""
    try:
        return RENDERERS[name]
    except KeyError:
        raise SettingsError(
            f"there is no report format {name!r}", hint=f"choose one of: {', '.join(RENDERERS)}"
        ) from None
