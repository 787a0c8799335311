"""How fast a neural network runs on a Cortex-M board, and what RAM and flash it takes.

>>> import profiler
>>> report = profiler.profile("zoo:kws", board="nucleo_l4r5zi")  # doctest: +SKIP
>>> report.to_pandas()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from profiler.pipeline import Options as Options
    from profiler.pipeline import profile as profile
    from profiler.report.profile import Profile as Profile
    from profiler.variants.compare import CompareOptions as CompareOptions
    from profiler.variants.compare import compare as compare
    from profiler.variants.model import VariantComparison as VariantComparison
    from profiler.variants.quantize import quantize as quantize
    from profiler.work.sweep import sweep as sweep

__all__ = ["CompareOptions", "Options", "Profile", "VariantComparison", "compare", "profile", "quantize", "sweep"]


def __getattr__(name: str) -> Any:
    """The public names, imported on first use: `profiler --help` must not wait for an emulator to load."""
    if name in ("profile", "Options"):
        from profiler import pipeline

        return getattr(pipeline, name)
    if name in ("compare", "CompareOptions", "VariantComparison"):
        from profiler.variants import compare as comparison

        return getattr(comparison, name)
    if name == "quantize":
        from profiler.variants.quantize import quantize

        return quantize
    if name == "Profile":
        from profiler.report.profile import Profile

        return Profile
    if name == "sweep":
        from profiler.work.sweep import sweep

        return sweep
    raise AttributeError(f"module 'profiler' has no attribute {name!r}")
