"""What is shown in a terminal as plain text."""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console


def plain_text(show: Callable[[Console], None], *, width: int = 120) -> str:
    """What `show` prints, without colours, on a terminal of `width` characters."""
    text = io.StringIO()
    show(Console(file=text, width=width, color_system=None, highlight=False, legacy_windows=False))
    return text.getvalue()
