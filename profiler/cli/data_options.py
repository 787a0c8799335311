"""Options on datasets that commands share, as text from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.accuracy.datasets.mlperf_tiny import TYPES
from profiler.accuracy.datasets.model import DataOptions
from profiler.errors import SettingsError

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        "-d",
        help="Dataset: .npz, CSV, Parquet, a folder per class of images or WAV files, or one with y_labels.csv.",
    ),
]
Label = Annotated[str | None, typer.Option("--label", help="The label's column or array.")]
Classes = Annotated[str | None, typer.Option("--classes", help="Class names in the model's order.")]
Metadata = Annotated[str | None, typer.Option("--metadata", help="Columns that are no features.")]
Scale = Annotated[float, typer.Option("--scale", help="Values are multiplied by this.")]
Offset = Annotated[float, typer.Option("--offset", help="Then this is added.")]
Resize = Annotated[str | None, typer.Option("--resize", help="Size of images, as 96x96x3.")]
BinType = Annotated[str, typer.Option("--bin-type", help="Type of .bin files.")]


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
