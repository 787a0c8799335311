"""The formats of datasets, one row each, asked in this order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets import folder, mlperf_tiny, npz, table
from profiler.accuracy.datasets.model import Dataset
from profiler.errors import DatasetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`recognizes` looks at what is there; `load` may raise DatasetError."""

    name: str
    what: str
    recognizes: Callable[[Path], bool]
    load: Callable[[Path, DataOptions], Dataset]


def _row(name: str, what: str, recognizes: Callable[[Path], bool], load: Callable[..., Dataset]) -> Format:
    return Format(name=name, what=what, recognizes=recognizes, load=load)


FORMATS = (
    _row(mlperf_tiny.NAME, "a folder with y_labels.csv", mlperf_tiny.recognizes, mlperf_tiny.load),
    _row(folder.IMAGES, "a folder per class of images", folder.recognizes_images, folder.load_images),
    _row(folder.WAVS, "a folder per class of WAV files", folder.recognizes_wavs, folder.load_wavs),
    _row(npz.NAME, "an .npz file with x and y", npz.recognizes, npz.load),
    _row(table.PARQUET, "a Parquet table", table.recognizes_parquet, table.load_parquet),
    _row(table.CSV, "a CSV table", table.recognizes_csv, table.load_csv),
)


def open_dataset(path: Path, options: DataOptions | None = None) -> Dataset:
    """The dataset at `path`, in whichever of FORMATS it is. Raises DatasetError, MissingPackageError."""
    options = options or DataOptions()
    if not path.exists():
        raise DatasetError(f"there is no dataset {path}", hint="check the path")
    for row in FORMATS:
        if row.recognizes(path):
            return row.load(path, options)
    known = "; ".join(row.what for row in FORMATS)
    raise DatasetError(f"{path} is no dataset of a known format", hint=f"known are: {known}")
