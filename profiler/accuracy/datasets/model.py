"""What every format of dataset becomes: labels and metadata in memory, samples read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.errors import DatasetError

SAMPLE_LIMIT_BYTES = 64 << 20  # of one sample as float32: no model for a Cortex-M takes more
FloatArray = npt.NDArray[np.float32]
Reader = Callable[[Sequence[int]], Iterator[npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Samples with labels.

    `labels` are class numbers (int64, with `class_names`) or targets (float64, [samples] or [samples, values]).
    `read(rows)` yields the samples of ascending row numbers, one array each, as the file has them. `columns` are the
    metadata, one text per sample. Names and texts are untrusted.
    """

    format: str
    path: Path
    labels: npt.NDArray[Any]
    class_names: tuple[str, ...] | None
    columns: Mapping[str, Sequence[str]]
    read: Reader
    scale: float = 1.0
    offset: float = 0.0

    @property
    def size(self) -> int:
        return len(self.labels)

    def samples(self, rows: Sequence[int]) -> Iterator[FloatArray]:
        """The samples of ascending `rows` as float32, scaled. Raises DatasetError for NaN, infinity, or no numbers."""
        for row, raw in zip(rows, self.read(rows), strict=True):
            if raw.dtype.kind not in "buif":
                raise DatasetError(f"{self.path}: sample {row} has type {raw.dtype}, not numbers")
            if raw.size * 4 > SAMPLE_LIMIT_BYTES:
                raise DatasetError(f"{self.path}: sample {row} has {raw.size} values, more than any input of a model")
            sample = raw.astype(np.float32)
            if self.scale != 1.0 or self.offset != 0.0:
                sample = sample * np.float32(self.scale) + np.float32(self.offset)
            if not np.isfinite(sample).all():
                raise DatasetError(
                    f"{self.path}: sample {row} has NaN or infinite values", hint="repair or drop that sample"
                )
            yield sample

    def spread(self, count: int) -> tuple[int, ...]:
        """At most `count` row numbers, evenly spread over the file, so that sorted classes are all among them."""
        if count >= self.size:
            return tuple(range(self.size))
        return tuple(np.unique(np.linspace(0, self.size - 1, count).round().astype(int)).tolist())


def classified(values: Sequence[Any] | npt.NDArray[Any], options: DataOptions, where: Path) -> Dataset:
    """A dataset without samples yet, its labels understood: texts and integers as classes, other numbers as targets.

    Raises DatasetError for labels that are NaN, or texts that are none of the classes asked for.
    """
    array = np.asarray(values)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise DatasetError(f"{where}: the label of sample {row} is not a number", hint="repair or drop that sample")
    if array.dtype.kind in "OUS":
        names = [str(value) for value in array.tolist()]
        return _named(names, options, where)
    if array.dtype.kind == "b":
        array = array.astype(np.int64)
    if array.dtype.kind in "iu":
        labels = array.astype(np.int64)
        if options.classes:
            _require_range(labels, len(options.classes), where)
        names_of = options.classes or tuple(map(str, range(int(labels.max(initial=-1)) + 1)))
        return _bare(labels, names_of, where)
    return _bare(array.astype(np.float64), None, where)


def _named(names: Sequence[str], options: DataOptions, where: Path) -> Dataset:
    classes = options.classes or tuple(sorted(set(names)))
    numbers = {name: number for number, name in enumerate(classes)}
    for row, name in enumerate(names):
        if name not in numbers:
            raise DatasetError(
                f"{where}: sample {row} has the label {name[:60]!r}, which is none of --classes",
                hint=f"the classes given are: {', '.join(classes)[:200]}",
            )
    return _bare(np.array([numbers[name] for name in names], dtype=np.int64), classes, where)


def _require_range(labels: npt.NDArray[np.int64], classes: int, where: Path) -> None:
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if len(wrong):
        row = int(wrong[0])
        raise DatasetError(
            f"{where}: sample {row} has label {labels[row]}, and there are {classes} classes (0 to {classes - 1})",
            hint="count classes from 0, or give the model with as many outputs as there are classes",
        )


def require_labels_in_range(dataset: Dataset, classes: int) -> None:
    """Raises DatasetError for the first class number below 0 or not below `classes`."""
    _require_range(dataset.labels, classes, dataset.path)


def _bare(labels: npt.NDArray[Any], names: tuple[str, ...] | None, where: Path) -> Dataset:
    if not len(labels):
        raise DatasetError(f"{where} has no samples", hint="give a dataset with at least one")
    return Dataset(format="", path=where, labels=labels, class_names=names, columns={}, read=_nothing)


def _nothing(_rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
    return iter(())


def complete(
    dataset: Dataset, *, name: str, read: Reader, columns: Mapping[str, Sequence[str]], options: DataOptions
) -> Dataset:
    """The dataset of `classified` with its samples and metadata."""
    return replace(dataset, format=name, read=read, columns=dict(columns), scale=options.scale, offset=options.offset)
