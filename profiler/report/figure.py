"""A number in a report, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.timing.model import Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """Stands where a figure would stand, and says why there is none."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number and how it came about. Modelled figures have `low` and `high`: the bounds of the model's known error."""

    value: int | float
    basis: Basis
    low: int | float | None = None
    high: int | float | None = None
