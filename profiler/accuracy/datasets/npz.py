"""`.npz`: arrays `x` and `y`; `classes` names the classes, other arrays of as many rows are metadata."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.model import SAMPLE_LIMIT_BYTES, Dataset, classified, complete
from profiler.errors import DatasetError

NAME = "npz"
_X, _Y, _CLASSES = "x", "y", "classes"
_HINT = "save it with numpy.savez(file, x=samples, y=labels)"


def recognizes(path: Path) -> bool:
    """A zip of .npy members."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return bool(names) and all(name.endswith(".npy") for name in names)


def load(path: Path, options: DataOptions) -> Dataset:
    """The dataset; `x` stays in the file. Raises DatasetError when arrays are missing, damaged or of unequal length."""
    label = options.label or _Y
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for name in (_X, label):
                if name not in arrays:
                    raise DatasetError(f"{path} has no array {name!r}, only {', '.join(arrays)}", hint=_HINT)
            shape = _samples_shape(path)
            names = [name for name in arrays if name in (label, _CLASSES) or _is_column(path, name, shape[:1])]
            others = {name: arrays[name] for name in names}
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise DatasetError(f"{path} is damaged: {error}", hint=_HINT) from error
    count = shape[0] if shape else 0
    if len(others[label]) != count:
        raise DatasetError(f"{path}: {count} samples in x, {len(others[label])} labels in {label}", hint=_HINT)
    if _CLASSES in others and not options.classes and others[_CLASSES].dtype.kind in "US":
        options = replace(options, classes=tuple(others[_CLASSES].tolist()))
    columns = {
        name: [str(value) for value in values.tolist()]
        for name, values in others.items()
        if name not in (label, _CLASSES)
    }
    return complete(
        classified(others[label], options, path),
        name=NAME,
        read=lambda rows: _rows(path, rows),
        columns=columns,
        options=options,
    )


def _is_column(path: Path, name: str, shape: tuple[int, ...]) -> bool:
    """Whether an array is metadata, told from its header: others may be as large as `x` and are never loaded."""
    with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
        return name != _X and _header(cast(BinaryIO, member))[0] == shape


def _samples_shape(path: Path) -> tuple[int, ...]:
    with zipfile.ZipFile(path) as archive, archive.open(f"{_X}.npy") as member:
        shape, fortran, dtype = _header(cast(BinaryIO, member))
        row_bytes = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
        if dtype.hasobject or (fortran and len(shape) > 1) or row_bytes > SAMPLE_LIMIT_BYTES:
            raise ValueError("x must be an array of numbers in C order, its rows no larger than a model's input")
    return shape


def _rows(path: Path, rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
    """One pass over the member: no more than one sample is in memory, compressed or not."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{_X}.npy") as member:
            shape, _, dtype = _header(cast(BinaryIO, member))
            row_bytes = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
            position = 0
            for row in rows:
                member.seek((row - position) * row_bytes, 1)
                data = member.read(row_bytes)
                position = row + 1
                yield np.frombuffer(data, dtype=dtype).reshape(shape[1:])
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise DatasetError(f"{path} is damaged: {error}", hint=_HINT) from error


def _header(member: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(member)
    return shape, fortran, dtype
