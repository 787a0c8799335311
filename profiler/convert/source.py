"""What kind of model a path holds, told by its content: names and extensions are not believed."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from profiler.errors import ModelError

SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")
_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_ZIP_MAGIC = b"PK\x03\x04"
_KERAS_MEMBERS = frozenset({"config.json", "model.weights.h5"})
_HEAD_BYTES = 16
_CHUNK_BYTES = 1 << 20
_HINT = "give a .tflite file, a Keras file (.keras, .h5) or a SavedModel folder"


class SourceKind(StrEnum):
    """What a model comes as."""

    TFLITE = "tflite"
    KERAS = "keras"  # Keras 3: a zip of config and weights
    HDF5 = "h5"  # Keras 2, and what Keras 3 calls legacy
    SAVED_MODEL = "saved-model"

    @property
    def needs_tensorflow(self) -> bool:
        return self is not SourceKind.TFLITE


def source_kind(path: Path) -> SourceKind:
    """The kind of a file or folder; whatever looks like nothing else is left to the `.tflite` reader to judge.

    Raises ModelError when the path cannot be read, is a folder without a SavedModel, or a zip without a Keras model.
    """
    if path.is_dir():
        if any((path / name).is_file() for name in SAVED_MODEL_FILES):
            return SourceKind.SAVED_MODEL
        raise ModelError(f"{path} is a folder without {SAVED_MODEL_FILES[0]}, so it is no SavedModel", hint=_HINT)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}", hint="Check the path.") from error
    if head.startswith(_HDF5_MAGIC):
        return SourceKind.HDF5
    if head.startswith(_ZIP_MAGIC):
        _require_keras_zip(path)
        return SourceKind.KERAS
    return SourceKind.TFLITE


def source_digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files with their relative names. Raises ModelError when one is unreadable."""
    digest = hashlib.sha256()
    try:
        for name, file in _files(path):
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            with file.open("rb") as opened:
                while chunk := opened.read(_CHUNK_BYTES):
                    digest.update(chunk)
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}", hint="Check the path.") from error
    return digest.hexdigest()


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_dir():
        for file in sorted(each for each in path.rglob("*") if each.is_file()):
            yield file.relative_to(path).as_posix(), file
    else:
        yield "", path


def _require_keras_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            members = frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError) as error:
        raise ModelError(f"{path} begins as a Keras file, but is damaged: {error}", hint="save it again") from error
    if missing := sorted(_KERAS_MEMBERS - members):
        raise ModelError(f"{path} is a zip without {' and '.join(missing)}, so it is no Keras model", hint=_HINT)
