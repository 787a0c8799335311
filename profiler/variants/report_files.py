"""A comparison's files: a page, JSON, Markdown."""

from __future__ import annotations

from pathlib import Path

from profiler.output import write_output
from profiler.variants.model import VariantComparison
from profiler.variants.renderers import VARIANT_RENDERERS

FILES = ("html", "json", "markdown")


def write_comparison(comparison: VariantComparison, folder: Path) -> tuple[Path, ...]:
    """Write `compare.html`, `compare.json` and `compare.md` into the folder, which is made where it is absent.

    Raises SettingsError when one cannot be written.
    """
    return tuple(
        write_output(folder / f"compare.{renderer.extension}", renderer.render(comparison))
        for renderer in (VARIANT_RENDERERS[name] for name in FILES)
    )
