"""One line of `profiler doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked for. `needed` False: some commands do without it."""

    name: str
    found: str | None
    needed: bool
    purpose: str
    remedy: str
