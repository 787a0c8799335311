"""The report formats: one visible table, one module each, imported when used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from profiler.errors import SettingsError

if TYPE_CHECKING:
    from profiler.report.profile import Profile


Shown = TypeVar("Shown", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer(Generic[Shown]):
    """A format of one kind of value. `module` has `render(value) -> str`, pure and deterministic."""

    extension: str  # without the dot
    media_type: str
    module: str

    def render(self, value: Shown) -> str:
        """The whole report as text."""
        text = import_module(self.module).render(value)
        assert isinstance(text, str)
        return text


def renderer(package: str, module: str, extension: str, media_type: str) -> Renderer[Shown]:
    """The format that a module of a package renders."""
    return Renderer(extension=extension, media_type=media_type, module=f"{package}.{module}")


def require_formats(names: Iterable[str], known: Mapping[str, Renderer[Any]]) -> None:
    """Raises SettingsError for a name that is none of `known`."""
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingsError(f"unknown format {', '.join(unknown)!r}", hint=f"choose of: {', '.join(known)}")


RENDERERS: dict[str, Renderer[Profile]] = {
    "terminal": renderer(__name__, "terminal", "txt", "text/plain"),
    "json": renderer(__name__, "json", "json", "application/json"),
    "html": renderer(__name__, "html", "html", "text/html"),
    "csv": renderer(__name__, "csv", "csv", "text/csv"),
    "markdown": renderer(__name__, "markdown", "md", "text/markdown"),
}
