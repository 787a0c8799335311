"""Keras models and SavedModels → `.tflite`, by TensorFlow's converter in a child process; answers are kept on disk."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler import errors
from profiler.build.cache import ContentCache, digest_of
from profiler.convert import keras_process
from profiler.convert.keras_config import checked_config
from profiler.convert.model import Conversion, Converted, SourceFacts
from profiler.convert.source import SourceKind, source_digest, source_kind
from profiler.errors import MissingPackageError, ModelError, ProfilerError, SettingsError
from profiler.version import VERSION

_PROGRAM = keras_process.__name__
_REQUEST, _ANSWER, _CALIBRATION = keras_process.REQUEST, keras_process.ANSWER, keras_process.CALIBRATION
_TIMEOUT_SECONDS = 1800.0
_TAIL_CHARACTERS = 400
_ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # its sums differ from processor to processor
    "CUDA_VISIBLE_DEVICES": "",
    "KERAS_BACKEND": "tensorflow",
}
_DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-intel", "tensorflow-macos")


def convert(
    path: Path,
    conversions: Sequence[Conversion],
    *,
    calibration: npt.NDArray[np.float32] | None,
    cache_folder: Path,
) -> tuple[Converted | ProfilerError, ...]:
    """Each conversion of a Keras file or SavedModel, or the error that it met, in the given order.

    `calibration` has one representative sample per row; without it full integer quantization sees noise instead, and
    says so. The same source, samples and TensorFlow give the same bytes. Raises ModelError or UnsupportedModelError
    when the source cannot be read at all, and MissingPackageError without TensorFlow.
    """
    kind = source_kind(path)
    if not kind.needs_tensorflow:
        raise ModelError(f"{path} is a .tflite already", hint="convert from the Keras file or SavedModel it came from")
    version = require_tensorflow()
    _check(path, kind)
    samples = b"" if calibration is None else calibration.tobytes() + str(calibration.shape).encode()
    source = source_digest(path)
    run = cache(lambda: _run(path, kind, conversions, calibration))
    results: list[Converted | ProfilerError] = []
    for number, conversion in enumerate(conversions):
        used = samples if conversion.precision.needs_data else b""
        key = digest_of(VERSION, version, source, json.dumps(asdict(conversion)), used)
        try:
            entry = ContentCache(cache_folder).entry("converted", key, lambda into, n=number: _keep(run(), n, into))  # type: ignore[misc]
        except _SourceError as error:
            raise error.told from error
        except ProfilerError as error:
            results.append(error)
        else:
            results.append(_kept(conversion, entry))
    return tuple(results)


def to_saved_model(path: Path, folder: Path) -> None:
    """Write the model at `path` as a SavedModel into `folder`, which must not exist: whole or not at all.

    Raises as `convert`, and SettingsError when the folder cannot be made.
    """
    kind = source_kind(path)
    if not kind.needs_tensorflow:
        raise ModelError(
            f"{path} is a .tflite, from which no SavedModel can be made", hint="give the Keras file or SavedModel"
        )
    require_tensorflow()
    _check(path, kind)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-") as partial:
            whole = Path(partial).absolute() / "model"
            _run(path, kind, (), None, saved_model=str(whole))
            whole.rename(folder)
    except _SourceError as error:
        raise error.told from error
    except OSError as error:
        raise SettingsError(f"cannot write {folder}: {error.strerror or error}", hint="choose another place") from error


def require_tensorflow() -> str:
    """TensorFlow's version. Raises MissingPackageError with the command that installs it."""
    if importlib.util.find_spec("tensorflow") is not None:
        for name in _DISTRIBUTIONS:
            try:
                return f"tensorflow {importlib.metadata.version(name)}"
            except importlib.metadata.PackageNotFoundError:
                continue
    raise MissingPackageError(
        "Keras models and SavedModels are read by TensorFlow, which is not installed",
        hint="pip install 'cortexm-profiler[keras]'; a .tflite file needs none",
    )


def _check(path: Path, kind: SourceKind) -> None:
    """What can be told of a source without TensorFlow, at once."""
    if kind is not SourceKind.SAVED_MODEL:
        checked_config(path, kind)


class _SourceError(ProfilerError):
    """The source itself cannot be read: no conversion of it can succeed."""

    def __init__(self, told: ProfilerError) -> None:
        super().__init__(told.message, hint=told.hint)
        self.told = told


def _run(
    path: Path,
    kind: SourceKind,
    conversions: Sequence[Conversion],
    calibration: npt.NDArray[np.float32] | None,
    saved_model: str | None = None,
) -> Mapping[str, Any]:
    with tempfile.TemporaryDirectory(prefix="profiler-convert-") as scratch:
        folder = Path(scratch)
        request: dict[str, Any] = {"path": str(path.absolute()), "kind": kind.value}
        request["conversions"] = [asdict(conversion) for conversion in conversions]
        if saved_model is not None:
            request["saved_model"] = saved_model
        try:
            (folder / _REQUEST).write_text(json.dumps(request), encoding="utf-8")
            if calibration is not None:
                np.save(folder / _CALIBRATION, calibration)
        except OSError as error:
            raise _SourceError(_no_room(error)) from error
        _child(folder)
        answer: dict[str, Any] = json.loads((folder / _ANSWER).read_text(encoding="utf-8"))
        if "error" in answer:
            raise _SourceError(_told(answer["error"]))
        for number, result in enumerate(answer["results"]):
            if "error" not in result:
                result["data"] = (folder / f"{number}.tflite").read_bytes()
        return answer


def _no_room(error: OSError) -> SettingsError:
    return SettingsError(
        f"the folder for temporary files, {tempfile.gettempdir()}, cannot be used: {error.strerror or error}",
        hint="set TMPDIR to a folder that can be written and has space left",
    )


def _child(folder: Path) -> None:
    command = [sys.executable, "-P", "-m", _PROGRAM, str(folder)]
    try:
        finished = subprocess.run(
            command, env={**os.environ, **_ENVIRONMENT}, capture_output=True, timeout=_TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise _SourceError(
            ModelError(f"TensorFlow did not finish within {_TIMEOUT_SECONDS:.0f} s", hint="use fewer --samples")
        ) from error
    if finished.returncode != 0 or not (folder / _ANSWER).exists():
        said = " ".join(finished.stderr.decode("utf-8", "replace").split())[-_TAIL_CHARACTERS:]
        raise _SourceError(
            ModelError(f"TensorFlow ended with code {finished.returncode}: {said}", hint="convert the model yourself")
        )


def _told(error: Mapping[str, str | None]) -> ProfilerError:
    kind = getattr(errors, error["type"] or "", ModelError)
    told: ProfilerError = kind(error["message"] or "", hint=error["hint"])
    return told


def _keep(answer: Mapping[str, Any], number: int, into: Path) -> None:
    result = answer["results"][number]
    if "error" in result:
        raise _told(result["error"])
    (into / "model.tflite").write_bytes(result["data"])
    facts = {"facts": answer["facts"], "random_calibration": result["random_calibration"]}
    (into / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def _kept(conversion: Conversion, entry: Path) -> Converted:
    told = json.loads((entry / "facts.json").read_text(encoding="utf-8"))
    facts = told["facts"]
    return Converted(
        conversion=conversion,
        data=(entry / "model.tflite").read_bytes(),
        facts=SourceFacts(
            input_shapes=tuple(tuple(shape) for shape in facts["input_shapes"]),
            input_dtypes=tuple(facts["input_dtypes"]),
            scales_inputs=facts["scales_inputs"],
        ),
        random_calibration=told["random_calibration"],
    )
