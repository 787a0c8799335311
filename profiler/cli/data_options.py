"""Options on datasets that commands share, as text from the command line."""

from __future__ import annotations

from profiler.accuracy.datasets.mlperf_tiny import TYPES
from profiler.accuracy.datasets.model import DataOptions
from profiler.errors import SettingsError

HELP_DATA = "Dataset: .npz, CSV, Parquet, a folder per class of images or WAV files, or one with y_labels.csv."


def data_options(
    *,
    label: str | None,
    classes: str | None,
    metadata: str | None,
    scale: float,
    offset: float,
    resize: str | None,
    bin_type: str,
) -> DataOptions:
    """Raises SettingsError for a size that is none, or an unknown type."""
    if bin_type not in TYPES:
        raise SettingsError(f"unknown type of .bin files {bin_type!r}", hint=f"choose of: {', '.join(TYPES)}")
    return DataOptions(
        label=label,
        classes=_names(classes),
        metadata=_names(metadata),
        scale=scale,
        offset=offset,
        image_size=_size(resize),
        bin_type=bin_type,
    )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _size(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    parts = text.lower().split("x")
    sizes = tuple(int(part) for part in parts if part.isdecimal())
    if (
        len(sizes) != len(parts)
        or len(sizes) not in (2, 3)
        or min(sizes) < 1
        or (len(sizes) == 3 and sizes[2] not in (1, 3))
    ):
        raise SettingsError(f"--resize {text!r} is no size", hint="HEIGHTxWIDTH or HEIGHTxWIDTHxCHANNELS, as 96x96x3")
    return sizes
