"""A folder as the MLPerf Tiny runner has it: raw `.bin` inputs and `y_labels.csv` (file, number of classes, class)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.model import FILE_COLUMN, SAMPLE_LIMIT_BYTES, Dataset, classified, complete
from profiler.errors import DatasetError

NAME = "mlperf-tiny"
LABELS = "y_labels.csv"
_HINT = "each line is: file.bin, number of classes, class number"


def recognizes(path: Path) -> bool:
    """A folder with y_labels.csv."""
    return (path / LABELS).is_file()


def load(path: Path, options: DataOptions) -> Dataset:
    """Flat samples of `options.bin_type`, little-endian. Raises DatasetError for lines that are not as above."""
    dtype = np.dtype(options.bin_type).newbyteorder("<")
    files, counts, labels = _table(path)
    if not options.classes:
        options = replace(options, classes=tuple(map(str, range(max(counts)))))

    def read(rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
        return (_sample(path / files[row], dtype) for row in rows)

    columns = {FILE_COLUMN: [str(file) for file in files]}
    dataset = classified(np.array(labels, dtype=np.int64), options, path)
    return complete(dataset, name=NAME, read=read, columns=columns, options=options)


def _table(path: Path) -> tuple[list[PurePosixPath], list[int], list[int]]:
    files: list[PurePosixPath] = []
    counts: list[int] = []
    labels: list[int] = []
    try:
        with (path / LABELS).open(newline="", encoding="utf-8") as opened:
            for number, line in enumerate(csv.reader(opened), start=1):
                if not line:
                    continue
                try:
                    name, classes, label = (field.strip() for field in line[:3])
                    counts.append(int(classes))
                    labels.append(int(label))
                except ValueError as error:
                    raise DatasetError(
                        f"{path / LABELS}, line {number}: {','.join(line)[:80]!r}", hint=_HINT
                    ) from error
                files.append(_inside(name, path, number))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{path / LABELS} cannot be read: {error}", hint=_HINT) from error
    if not files:
        raise DatasetError(f"{path / LABELS} has no samples", hint=_HINT)
    return files, counts, labels


def _inside(name: str, path: Path, number: int) -> PurePosixPath:
    """A list from elsewhere must not make this program read files of the user's choosing elsewhere."""
    file = PurePosixPath(name)
    if file.is_absolute() or ".." in file.parts:
        raise DatasetError(f"{path / LABELS}, line {number}: {name[:80]!r} lies outside of the folder", hint=_HINT)
    return file


def _sample(file: Path, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    try:
        size_bytes = file.stat().st_size
        if size_bytes > SAMPLE_LIMIT_BYTES:
            raise DatasetError(f"{file} has {size_bytes} bytes, more than any input of a model")
        data = file.read_bytes()
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}", hint=f"{LABELS} names it") from error
    if not data or len(data) % dtype.itemsize:
        raise DatasetError(f"{file} has {len(data)} bytes, no whole number of {dtype.name}", hint="see --bin-type")
    return np.frombuffer(data, dtype=dtype)
