"""Options on datasets that commands share, as text from the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from profiler.accuracy.choices import DataOptions
from profiler.errors import SettingsError
from profiler.words import listed

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        "-d",
        help="Dataset: .npz, CSV, Parquet, a folder per class of images or WAV files, or one with y_labels.csv.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingChoices:
    """How a dataset is read."""

    label: Annotated[str | None, typer.Option("--label", help="The label's column or array.")] = None
    metadata: Annotated[str | None, typer.Option("--metadata", help="Columns that are no features.")] = None
    scale: Annotated[float, typer.Option("--scale", help="Values are multiplied by this.")] = 1.0
    offset: Annotated[float, typer.Option("--offset", help="Then this is added.")] = 0.0
    resize: Annotated[str | None, typer.Option("--resize", help="Size of images, as 96x96x3.")] = None
    bin_type: Annotated[str, typer.Option("--bin-type", help="Type of .bin files.")] = "uint8"

    def options(self, *, classes: str | None = None) -> DataOptions:
        """Raises SettingsError for a size that is none, or an unknown type."""
        return DataOptions(
            label=self.label,
            classes=listed(classes),
            metadata=listed(self.metadata),
            scale=self.scale,
            offset=self.offset,
            image_size=_size(self.resize),
            bin_type=self.bin_type,
        )


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
