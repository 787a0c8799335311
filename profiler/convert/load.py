"""A model of whatever kind as the bytes of a `.tflite` file."""

from __future__ import annotations

from pathlib import Path

from profiler.convert.model import Conversion, Precision
from profiler.convert.source import SAVED_MODEL_FILES, source_kind
from profiler.graph.tflite_reader import load
from profiler.graph.zoo import resolve


def load_model(model: str, *, cache_folder: Path | None = None) -> bytes:
    """The `.tflite` bytes of a file, `zoo:NAME`, Keras file or SavedModel; the latter two as float32.

    What TensorFlow made of a model is kept in `cache_folder`; without one, in that of the settings.
    Raises ModelError, UnsupportedModelError, and MissingPackageError where TensorFlow is needed and absent.
    """
    path = model_path(model)
    if not source_kind(path).needs_tensorflow:
        return load(path)
    from profiler.convert.convert import convert
    from profiler.errors import ProfilerError
    from profiler.settings import load_settings

    kept = cache_folder or load_settings().cache_folder
    (result,) = convert(path, [Conversion(precision=Precision.FLOAT32)], calibration=None, cache_folder=kept)
    if isinstance(result, ProfilerError):
        raise result
    return result.data


def model_path(model: str) -> Path:
    """The file, or the folder of a SavedModel. Raises ModelError as `resolve`."""
    path = Path(model)
    return path if any((path / name).is_file() for name in SAVED_MODEL_FILES) else resolve(model)
