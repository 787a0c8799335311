"""Lists as users write them on a command line."""

from __future__ import annotations


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a list with commas, without spaces around them; nothing between two commas is no part."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
