"""A comparison's files: a page, JSON, Markdown."""

from __future__ import annotations

from pathlib import Path

from profiler.errors import SettingsError
from profiler.variants.model import VariantComparison
from profiler.variants.renderers import VARIANT_RENDERERS

FILES = ("html", "json", "markdown")


def write_comparison(comparison: VariantComparison, folder: Path) -> tuple[Path, ...]:
    """Write `compare.html`, `compare.json` and `compare.md` into the folder, which is made where it is absent.

    Raises SettingsError when one cannot be written.
    """
    written = []
    for name in FILES:
        path = folder / f"compare.{VARIANT_RENDERERS[name].extension}"
        text = VARIANT_RENDERERS[name].render(comparison)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"cannot write {path}: {error.strerror}", hint="give another folder") from error
        written.append(path)
    return tuple(written)
