"""What every format of dataset becomes: labels and metadata in memory, samples read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.errors import DatasetError

SAMPLE_LIMIT_BYTES = 64 << 20  # of one sample as float32: no model for a Cortex-M takes more
FILE_COLUMN = "file"  # of datasets whose samples are files: where below its folder each is
RATE_COLUMN = "sample_rate"  # of WAV files, in Hz
CLASSES_LIMIT = 100_000  # no model for a Cortex-M has as many outputs: larger whole numbers are quantities
FloatArray = npt.NDArray[np.float32]
Reader = Callable[[Sequence[int]], Iterator[npt.NDArray[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Samples with labels.

    `labels` are class numbers (int64 [samples], with `class_names`) or targets (float64 [samples] or [samples, …]).
    `classes_guessed`: the class names are the texts found, in alphabetical order, which need not be the model's.
    `read(rows)` yields the samples of ascending row numbers, one array each, as the file has them. `columns` are the
    metadata, one text per sample. Names and texts are untrusted.
    """

    format: str
    path: Path
    labels: npt.NDArray[Any]
    class_names: tuple[str, ...] | None
    columns: Mapping[str, Sequence[str]]
    read: Reader
    classes_guessed: bool = False
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
            with np.errstate(over="ignore"):  # becomes infinite, which is told below
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


def classified(
    values: Sequence[Any] | npt.NDArray[Any], options: DataOptions, where: Path, *, also: Collection[str] = ()
) -> Dataset:
    """A dataset without samples yet, its labels understood: texts and whole numbers as classes, others as targets.

    A column of labels [samples, 1] is taken as a row, one-hot rows as the numbers of their ones. `also` names classes
    of texts that may have no sample. Raises DatasetError for labels that are NaN, or texts that are none of the classes
    asked for.
    """
    array = np.asarray(values)
    if array.ndim > 1 and array.size == len(array):
        array = array.reshape(-1)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise DatasetError(f"{where}: the label of sample {row} is not a number", hint="repair or drop that sample")
    if array.dtype.kind in "OUS":
        if array.ndim > 1:
            raise DatasetError(f"{where}: {_text_shape(array)} of texts are no labels", hint="give one text a sample")
        return _named([str(value) for value in array.tolist()], options, where, also)
    if array.dtype.kind not in "biuf":
        raise DatasetError(f"{where}: labels of type {array.dtype} are no numbers or texts", hint="see --label")
    one_hot = _one_hot(array)
    if one_hot is not None:
        return _numbered(one_hot, options, where, count=array.shape[1])
    if _are_class_numbers(array, options):
        return _numbered(array.astype(np.int64), options, where, count=0)
    return _bare(array.astype(np.float64), None, where)


def _one_hot(array: npt.NDArray[Any]) -> npt.NDArray[np.int64] | None:
    """The class numbers of rows that are 0 but for a single 1; None when they are not."""
    if array.ndim != 2 or not len(array):
        return None
    if not (((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all()):
        return None
    numbers: npt.NDArray[np.int64] = array.argmax(axis=1).astype(np.int64)
    return numbers


def _are_class_numbers(array: npt.NDArray[Any], options: DataOptions) -> bool:
    """Whole numbers, one a sample, none so large that only a quantity can be meant."""
    if array.ndim != 1 or (array.dtype.kind == "f" and not (array == np.floor(array)).all()):
        return False
    return bool(options.classes) or array.max(initial=0) < CLASSES_LIMIT


def _numbered(labels: npt.NDArray[np.int64], options: DataOptions, where: Path, *, count: int) -> Dataset:
    """Of labels that are class numbers; there are `count` classes or more."""
    if options.classes:
        _require_range(labels, len(options.classes), where)
    highest = int(labels.max(initial=-1)) + 1
    return _bare(labels, options.classes or tuple(map(str, range(max(highest, count)))), where)


def _named(names: Sequence[str], options: DataOptions, where: Path, also: Collection[str]) -> Dataset:
    classes = options.classes or tuple(sorted({*names, *also}))
    numbers = {name: number for number, name in enumerate(classes)}
    for row, name in enumerate(names):
        if name not in numbers:
            raise DatasetError(
                f"{where}: sample {row} has the label {name[:60]!r}, which is none of --classes",
                hint=f"the classes given are: {', '.join(classes)[:200]}",
            )
    dataset = _bare(np.array([numbers[name] for name in names], dtype=np.int64), classes, where)
    return replace(dataset, classes_guessed=not options.classes)


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


def _text_shape(array: npt.NDArray[Any]) -> str:
    return "×".join(map(str, array.shape))


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
