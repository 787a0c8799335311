"""`.npz`: arrays `x` and `y`; `classes` names the classes, other arrays of as many rows are metadata."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.model import SAMPLE_LIMIT_BYTES, Dataset, classified, complete
from profiler.errors import DatasetError

Header = tuple[tuple[int, ...], bool, np.dtype[Any]]  # shape, whether in Fortran's order, type

NAME = "npz"
_X, _Y, _CLASSES = "x", "y", "classes"
_HINT = "save it with numpy.savez(file, x=samples, y=labels)"
_MAGIC = b"PK\x03\x04"
# What zipfile and numpy raise for damaged files; of the last two, for methods of compression and passwords.
_DAMAGES = (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def recognizes(path: Path) -> bool:
    """A zip of .npy members, or what begins as a zip and is cut short."""
    if not path.is_file():
        return False
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return bool(names) and all(name.endswith(".npy") for name in names)


def load(path: Path, options: DataOptions) -> Dataset:
    """The dataset; `x` stays in the file. Raises DatasetError when arrays are missing, damaged or of unequal length."""
    label = options.label or _Y
    try:
        headers = _headers(path)
        for name in (_X,) if options.may_lack_labels else (_X, label):
            if name not in headers:
                raise DatasetError(f"{path} has no array {name!r}, only {', '.join(headers)}", hint=_HINT)
        shape = _samples_shape(headers[_X])
        names = [name for name in headers if name in (label, _CLASSES) or _is_column(name, headers[name], shape[:1])]
        _require_no_objects(path, headers, names)
        with np.load(path, allow_pickle=False) as arrays:
            others = {name: arrays[name] for name in names}
    except _DAMAGES as error:
        raise _damaged(path, error) from error
    count = shape[0] if shape else 0
    if label not in others:
        others[label] = np.zeros(count, dtype=np.int64)
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


def _headers(path: Path) -> dict[str, Header]:
    """What each array is, without loading it. Raises ValueError for one that is longer than what is stored of it."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as member:
                shape, fortran, dtype = _header(cast(BinaryIO, member))
            if not dtype.hasobject and prod(shape) * dtype.itemsize > entry.file_size:
                raise ValueError(f"{entry.filename} ends before its {'×'.join(map(str, shape))} values do")
            found[entry.filename.removesuffix(".npy")] = (shape, fortran, dtype)
    return found


def _is_column(name: str, header: Header, shape: tuple[int, ...]) -> bool:
    """Whether an array is metadata: others may be as large as `x` and are never loaded."""
    return name != _X and header[0] == shape


def _require_no_objects(path: Path, headers: dict[str, Header], names: Sequence[str]) -> None:
    """Objects are pickled, and a pickle is a program."""
    for name in names:
        if headers[name][2].hasobject:
            raise DatasetError(
                f"{path}: array {name!r} has Python objects, which are not loaded from a file",
                hint=f"save it as texts or numbers, for instance {name}={name}.astype(str)",
            )


def _samples_shape(header: Header) -> tuple[int, ...]:
    shape, fortran, dtype = header
    if dtype.hasobject or (fortran and len(shape) > 1) or prod(shape[1:]) * dtype.itemsize > SAMPLE_LIMIT_BYTES:
        raise ValueError("x must be an array of numbers in C order, its rows no larger than a model's input")
    return shape


def _damaged(path: Path, error: Exception) -> DatasetError:
    return DatasetError(f"{path} is damaged: {error}", hint=_HINT)


def _rows(path: Path, rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
    """One pass over the member: no more than one sample is in memory, compressed or not."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{_X}.npy") as member:
            shape, _, dtype = _header(cast(BinaryIO, member))
            row_bytes = prod(shape[1:]) * dtype.itemsize
            position = 0
            for row in rows:
                member.seek((row - position) * row_bytes, 1)
                data = member.read(row_bytes)
                position = row + 1
                yield np.frombuffer(data, dtype=dtype).reshape(shape[1:])
    except _DAMAGES as error:
        raise _damaged(path, error) from error


def _header(member: BinaryIO) -> Header:
    version = npy.read_magic(member)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, fortran, dtype = read(member)
    return shape, fortran, dtype
