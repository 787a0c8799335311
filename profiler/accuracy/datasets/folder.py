"""A folder per class, of images or WAV files; `metadata.csv` beside the folders adds columns, by its column `file`."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.model import FILE_COLUMN, RATE_COLUMN, SAMPLE_LIMIT_BYTES, Dataset, classified, complete
from profiler.errors import DatasetError, MissingPackageError

IMAGES, WAVS = "image-folder", "wav-folder"
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".gif", ".webp", ".tif", ".tiff"})
WAV_SUFFIXES = frozenset({".wav"})
_LEFTOVERS = frozenset({"__MACOSX", "__pycache__"})
_METADATA = "metadata.csv"
_DEEP_HINT = "save such images as arrays, in an .npz: their range is not known to be that of the model's pixels"
_INSTALL = "pip install 'cortexm-profiler[data]'"


def recognizes_images(path: Path) -> bool:
    """Whether the first file in a folder per class is an image."""
    return _first_suffix(path) in IMAGE_SUFFIXES


def recognizes_wavs(path: Path) -> bool:
    """Whether the first file in a folder per class is a WAV file."""
    return _first_suffix(path) in WAV_SUFFIXES


def load_images(path: Path, options: DataOptions) -> Dataset:
    """Pixels 0 to 255, [height, width, channels]; gray images have one channel, all others three."""
    files = _files(path, IMAGE_SUFFIXES)
    dataset = _classified(path, files, options)

    def read(rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
        return (_image(files[row], options.image_size) for row in rows)

    return complete(dataset, name=IMAGES, read=read, columns=_metadata(path, files), options=options)


def load_wavs(path: Path, options: DataOptions) -> Dataset:
    """Samples −1 to 1, [samples] of mono files, [samples, channels] of others; the rate is the column `sample_rate`."""
    files = _files(path, WAV_SUFFIXES)
    dataset = _classified(path, files, options)
    rates = [str(_wav_info(file)) for file in files]

    def read(rows: Sequence[int]) -> Iterator[npt.NDArray[Any]]:
        return (_wav(files[row]) for row in rows)

    columns = {RATE_COLUMN: rates, **_metadata(path, files)}
    return complete(dataset, name=WAVS, read=read, columns=columns, options=options)


def _first_suffix(path: Path) -> str:
    if path.is_dir():
        for file in _below(path):
            if file.suffix.lower() in IMAGE_SUFFIXES | WAV_SUFFIXES:
                return file.suffix.lower()
    return ""


def _files(path: Path, suffixes: frozenset[str]) -> list[Path]:
    return [file for file in _below(path) if file.suffix.lower() in suffixes]


def _below(path: Path) -> Iterator[Path]:
    """What is in the folders of the classes, without what notebooks, version control and other systems leave there."""
    for folder in _class_folders(path):
        for file in sorted(folder.rglob("*")):
            if not any(_is_hidden(part) for part in file.relative_to(folder).parts):
                yield file


def _class_folders(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_dir() and not _is_hidden(each.name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _LEFTOVERS


def _classified(path: Path, files: Sequence[Path], options: DataOptions) -> Dataset:
    """A folder without a file is a class, too: the model has an output for it."""
    names = [file.relative_to(path).parts[0] for file in files]
    return classified(names, options, path, also=[folder.name for folder in _class_folders(path)])


def _image(file: Path, size: tuple[int, ...] | None) -> npt.NDArray[Any]:
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingPackageError("images are read by Pillow, which is not installed", hint=_INSTALL) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                if image.mode.startswith(("I", "F")):  # Pillow cuts off what is above 255
                    raise DatasetError(f"{file} has more than 8 bits a pixel", hint=_DEEP_HINT)
                gray = image.mode in ("1", "L", "LA")
                channels = size[2] if size is not None and len(size) > 2 else 1 if gray else 3
                if image.width * image.height * channels * 4 > SAMPLE_LIMIT_BYTES and size is None:
                    raise DatasetError(f"{file} has {image.width}×{image.height} pixels", hint="use --resize")
                pixels = image.convert("L" if channels == 1 else "RGB")
                if size is not None:
                    pixels = pixels.resize((size[1], size[0]), Image.Resampling.BILINEAR)
                array = np.asarray(pixels)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise DatasetError(f"{file} cannot be read as an image: {error}", hint="repair or remove it") from error
    return array.reshape(array.shape[0], array.shape[1], channels)


def _soundfile() -> Any:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: without the C library it wraps
        raise MissingPackageError("WAV files are read by soundfile, which is not installed", hint=_INSTALL) from error
    return soundfile


def _wav_info(file: Path) -> int:
    library = _soundfile()
    try:
        info = library.info(str(file))
    except library.LibsndfileError as error:
        raise DatasetError(f"{file} cannot be read as WAV: {error}", hint="repair or remove it") from error
    if info.frames * info.channels * 4 > SAMPLE_LIMIT_BYTES:
        raise DatasetError(f"{file} has {info.frames} samples, more than any input", hint="cut it into pieces")
    return int(info.samplerate)


def _wav(file: Path) -> npt.NDArray[Any]:
    library = _soundfile()
    try:
        samples, _ = library.read(str(file), dtype="float32")
    except library.LibsndfileError as error:
        raise DatasetError(f"{file} cannot be read as WAV: {error}", hint="repair or remove it") from error
    return np.asarray(samples)


def _metadata(path: Path, files: Sequence[Path]) -> dict[str, list[str]]:
    """The files, and columns of metadata.csv in their order; empty text where a file has no row."""
    table = path / _METADATA
    paths = [file.relative_to(path).as_posix() for file in files]
    if not table.is_file():
        return {FILE_COLUMN: paths}
    try:
        with table.open(newline="", encoding="utf-8") as opened:
            reader = csv.DictReader(opened)
            rows = {(row.get(FILE_COLUMN) or "").replace("\\", "/"): row for row in reader}
            names = [name for name in reader.fieldnames or () if name != FILE_COLUMN]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(
            f"{table} cannot be read: {error}", hint="UTF-8, with a header and a column `file`"
        ) from error
    if not any(file in rows for file in paths):
        raise DatasetError(
            f"{table} names none of the files", hint="its column `file` has paths below the dataset: walking/01.wav"
        )
    empty: dict[str, str | Any] = {}
    found = [rows.get(file, empty) for file in paths]
    return {FILE_COLUMN: paths} | {name: [str(row.get(name) or "") for row in found] for name in names}
