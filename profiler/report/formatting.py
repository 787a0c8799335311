"""Numbers and untrusted text as people read them. The only place where units are turned and digits are dropped."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from profiler.report.figure import Figure, Unavailable

if TYPE_CHECKING:
    from profiler.report.profile import Correctness

_KIBIBYTE = 1024
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # control, format (bidi), surrogates, …
_MAX_NAME = 120


def format_bytes(size_bytes: int) -> str:
    """`23.0 KiB`; below 1 KiB exact bytes."""
    if abs(size_bytes) < _KIBIBYTE:
        return f"{size_bytes} B"
    if abs(size_bytes) < _KIBIBYTE * _KIBIBYTE:
        return f"{size_bytes / _KIBIBYTE:.1f} KiB"
    return f"{size_bytes / _KIBIBYTE / _KIBIBYTE:.2f} MiB"


def format_count(count: int | float) -> str:
    """`412 k`, `7.70 M`: three significant digits with an SI prefix; below 1000 as it is."""
    for limit, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(count) >= limit * 0.9995:
            return f"{_three_digits(count / limit)} {prefix}"
    return f"{count:g}" if isinstance(count, int) else _three_digits(count)


def format_ms(milliseconds: float) -> str:
    """`75.1 ms`, `412 µs`."""
    if abs(milliseconds) < 1:
        return f"{_three_digits(milliseconds * 1e3)} µs"
    if abs(milliseconds) < 1e4:
        return f"{_three_digits(milliseconds)} ms"
    return f"{_three_digits(milliseconds / 1e3)} s"


def format_signed_bytes(size_bytes: int) -> str:
    """A difference, to the byte: `+9,216 B`, `−12 B`."""
    return f"{size_bytes:+,} B".replace("-", "−", 1)


def format_signed_count(count: int | float) -> str:
    """A difference of counts: `+1.20 M`, `−412`."""
    return f"{'−' if count < 0 else '+'}{format_count(abs(count))}"


def format_signed_share(share: float) -> str:
    """A relative difference: `+2.5 %`, `−0.04 %`; a change too small to show is not shown as none."""
    percent = abs(share) * 100
    shown = (
        f"{percent:.0f}" if percent >= 99.5 else f"{percent:.2g}" if percent >= 0.01 else "<0.01" if percent else "0"
    )
    return f"{'−' if share < 0 else '+'}{shown} %"


def _three_digits(value: float) -> str:
    magnitude = abs(value)
    decimals = 0 if magnitude >= 99.95 else 1 if magnitude >= 9.995 else 2
    return f"{value:.{decimals}f}"


def format_uncertainty(figure: Figure) -> str:
    """` ±25 %`, or ` −10 % +30 %` when lopsided; empty without bounds around the value."""
    if figure.low is None or figure.high is None or figure.low == figure.high or not figure.value:
        return ""
    down = round((1 - figure.low / figure.value) * 100)
    up = round((figure.high / figure.value - 1) * 100)
    if abs(up - down) <= 2:  # whole cycles and whole percents were rounded
        return f" ±{max(up, down)} %"
    return f" −{down} % +{up} %"


def format_figure(figure: Figure | Unavailable, unit: str = "") -> str:
    """Value, unit and uncertainty; `unit` is `bytes`, `ms`, or a word behind a count."""
    if isinstance(figure, Unavailable):
        return f"unavailable ({figure.reason})"
    if unit == "bytes":
        text = format_bytes(int(figure.value))
    elif unit == "ms":
        text = format_ms(figure.value)
    else:
        text = f"{format_count(figure.value)} {unit}".rstrip()
    return text + format_uncertainty(figure)


def format_difference(correctness: Correctness) -> str:
    """`2 LSB`, `3.1e-07 relative`."""
    largest = correctness.largest_difference
    if isinstance(largest, Unavailable):
        return f"unavailable ({largest.reason})"
    return f"{largest.value:.3g} {correctness.difference_unit}"


def format_shape(shape: tuple[int, ...]) -> str:
    """`1×49×10×1`."""
    return "×".join(str(size) for size in shape) or "scalar"


def format_shapes(shapes: Iterable[tuple[int, ...]]) -> str:
    """`1×49×10×1 1×10`, and `4 of 1×8` where several in a row are the same."""
    counted = ((format_shape(shape), len(list(same))) for shape, same in groupby(shapes))
    return " ".join(shape if count == 1 else f"{count} of {shape}" for shape, count in counted)


def clean_text(text: str, max_length: int = _MAX_NAME) -> str:
    """Untrusted text on one line, without control, bidirectional or other invisible characters, and not too long.

    Hidden characters become U+FFFD, so that two names that differ in them do not look alike.
    """
    shown = "".join("\ufffd" if unicodedata.category(char) in _HIDDEN_CATEGORIES else char for char in text)
    return shown if len(shown) <= max_length else shown[: max_length - 1] + "…"
