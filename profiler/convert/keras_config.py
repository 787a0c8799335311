"""What a Keras file says it is made of, read before Keras, and TensorFlow with it, may load it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from profiler.convert import hdf5_process
from profiler.convert.keras2 import make_understood
from profiler.convert.source import SourceKind
from profiler.errors import ModelError, UnsupportedModelError

_CONFIG_MEMBER = "config.json"  # the member of a Keras 3 file
_LIMIT_BYTES = 64 << 20  # of text: a zip of a few bytes may hold any amount
_TIMEOUT_SECONDS = 60.0  # of some milliseconds, on a machine with other things to do
_DAMAGED_HINT = "the file may be cut short: save it again"
_LAMBDA_HINT = "replace Lambda by a layer, or export the model as a SavedModel: code of a file is not run"
FIXED_SHAPE_HINT = "Save the model with fixed input shapes; only the batch may be open."


def checked_config(path: Path, kind: SourceKind) -> Any:
    """The configuration of a Keras file, as Keras 3 understands it.

    Raises ModelError when the file is damaged or has none, and UnsupportedModelError when there is code in it or the
    shape of an input is open.
    """
    text, is_keras_2 = _hdf5_text(path) if kind is SourceKind.HDF5 else (_zip_text(path), False)
    try:
        config = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise ModelError(f"{path}: the model's configuration is no JSON", hint="save the model again") from error
    for entry in _entries(config):
        settings = entry.get("config")
        if entry.get("class_name") == "Lambda":
            raise UnsupportedModelError("the model has a Lambda layer: code inside the file", hint=_LAMBDA_HINT)
        if is_keras_2:
            make_understood(entry)
        if entry.get("class_name") == "InputLayer" and isinstance(settings, dict):
            require_fixed(settings.get("batch_shape") or settings.get("batch_input_shape") or (), settings.get("name"))
    return config


def require_fixed(shape: Any, name: Any) -> None:
    """Raises UnsupportedModelError when a size but the first, the batch, is None."""
    if isinstance(shape, (list, tuple)) and any(size is None for size in shape[1:]):
        text = "×".join("?" if size is None else str(size) for size in shape)
        raise UnsupportedModelError(f"input {str(name)!r} has a dynamic shape {text}", hint=FIXED_SHAPE_HINT)


def _hdf5_text(path: Path) -> tuple[str, bool]:
    """The configuration, and whether Keras 2 or one before it wrote it."""
    answer = _hdf5_attributes(path)
    if "error" in answer:
        raise ModelError(f"{path} is damaged: {answer['error']}", hint=_DAMAGED_HINT)
    if answer["config"] is None:
        raise ModelError(
            f"{path} has no model configuration: it may hold weights alone", hint="save the whole model: model.save(…)"
        )
    return answer["config"], not (answer["version"] or "").startswith("3")


def _hdf5_attributes(path: Path) -> dict[str, str | None]:
    """What the process that reads them says; when it says nothing, how it ended."""
    command = [sys.executable, "-P", str(Path(hdf5_process.__file__)), str(path.absolute())]
    try:
        finished = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"the HDF5 library reads for more than {_TIMEOUT_SECONDS:.0f} s"}
    if finished.returncode < 0:
        return {"error": f"the HDF5 library died of {signal.Signals(-finished.returncode).name}"}
    if finished.returncode:
        said = finished.stderr.decode("utf-8", "replace").strip().splitlines()
        return {"error": said[-1] if said else f"the HDF5 library ended with {finished.returncode}"}
    answer: dict[str, str | None] = json.loads(finished.stdout)
    return answer


def _zip_text(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            size_bytes = archive.getinfo(_CONFIG_MEMBER).file_size
            if size_bytes > _LIMIT_BYTES:
                raise ModelError(
                    f"{path}: the configuration has {size_bytes} bytes, more than any model's", hint="save it again"
                )
            return archive.read(_CONFIG_MEMBER).decode("utf-8", "replace")
    # The last three: a damaged stream, a way of compressing that is not known, a password.
    except (zipfile.BadZipFile, OSError, KeyError, EOFError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise ModelError(f"{path} is damaged: {error}", hint="save the model again") from error


def _entries(config: Any) -> Iterator[dict[str, Any]]:
    """Every object of a JSON value."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
