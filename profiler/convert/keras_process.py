"""TensorFlow, in a process of its own: `python -P -m profiler.convert.keras_process FOLDER`.

TensorFlow takes seconds to load and much memory, prints to standard error, and a SavedModel is a program; a process
keeps all that away from the caller. FOLDER has `request.json` (see `convert.py`) and, for quantization,
`calibration.npy` with one sample per row; `answer.json` and one `.tflite` per conversion are written there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from profiler.convert.model import Conversion, Endpoints, Precision
from profiler.convert.network import LOOP_HINT, Network, converter_of, facts, load_network
from profiler.convert.shapes import fitted
from profiler.errors import ModelError, ProfilerError, UnsupportedModelError

REQUEST, ANSWER, CALIBRATION = "request.json", "answer.json", "calibration.npy"
RANDOM_SAMPLES = 64
_DETAIL_LIMIT_CHARACTERS = 400
_CONVERTER_ERROR = re.compile(r"\berror: (.+)")  # MLIR's diagnostics: FILE:LINE:COLUMN: error: what


def main() -> int:
    """Do what the request asks for; every failure is part of the answer."""
    folder = Path(sys.argv[1])
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    (folder / ANSWER).write_text(json.dumps(_answer(folder, request)), encoding="utf-8")
    return 0


def _answer(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)  # the order of sums depends on it
    tf.config.experimental.enable_op_determinism()
    try:
        network = _telling(lambda: load_network(Path(request["path"]), request["kind"]), "cannot be read by Keras")
        if "saved_model" in request:
            _telling(lambda: network.save(Path(request["saved_model"])), "cannot be written as a SavedModel")
    except ProfilerError as error:
        return {"error": _plain(error)}
    results = [_result(folder, network, number, each) for number, each in enumerate(request["conversions"])]
    return {"facts": facts(network), "results": results}


def _result(folder: Path, network: Network, number: int, spec: dict[str, str]) -> dict[str, Any]:
    conversion = Conversion(precision=Precision(spec["precision"]), endpoints=Endpoints(spec["endpoints"]))
    calibration = folder / CALIBRATION
    try:
        data = _telling(
            lambda: _converted(folder, network, conversion, calibration if calibration.exists() else None),
            f"cannot be converted to {conversion.precision}",
        )
    except ProfilerError as error:
        return {"error": _plain(error)}
    (folder / f"{number}.tflite").write_bytes(data)
    return {"random_calibration": conversion.precision.needs_data and not calibration.exists()}


def _converted(folder: Path, network: Network, conversion: Conversion, calibration: Path | None) -> bytes:
    import tensorflow as tf

    converter = converter_of(network, folder)
    if conversion.precision is not Precision.FLOAT32:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if conversion.precision.needs_data:
        samples = list(_calibration(network, calibration))
        converter.representative_dataset = lambda: iter(samples)
        integer = tf.int8 if conversion.precision is Precision.INT8 else tf.int16
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8
            if conversion.precision is Precision.INT8
            else tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        ]
        if conversion.endpoints is Endpoints.INTEGER:
            converter.inference_input_type = converter.inference_output_type = integer
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def _calibration(network: Network, path: Path | None) -> Iterator[list[Any]]:
    """One batch-1 array per input of the network for each representative sample."""
    if path is None:
        rng = np.random.default_rng(0)
        for _ in range(RANDOM_SAMPLES):
            yield [rng.standard_normal(shape).astype(dtype) for shape, dtype in network.inputs]
        return
    if len(network.inputs) != 1:
        raise UnsupportedModelError(
            f"the model has {len(network.inputs)} inputs, a dataset feeds one", hint="convert it without --data"
        )
    ((shape, dtype),) = network.inputs
    rows = np.load(path, mmap_mode="r")
    for row in rows:
        yield [fitted(np.asarray(row), shape).astype(dtype)]


def _telling(do: Callable[[], Any], what: str) -> Any:
    """The value of `do`; whatever TensorFlow raises becomes a ModelError with what it said, in one line."""
    try:
        return do()
    except ProfilerError:
        raise
    except Exception as error:
        detail = _detail(error)
        raise ModelError(f"the model {what}: {detail}", hint=_hint(detail)) from error


def _detail(error: Exception) -> str:
    """What TensorFlow said, in one line. Its converter shows lines of whoever called it; only errors are kept."""
    told = dict.fromkeys(_CONVERTER_ERROR.findall(str(error)))
    text = "; ".join(told) or f"{type(error).__name__}: {error}"
    return re.sub(r"\s+", " ", text)[:_DETAIL_LIMIT_CHARACTERS]


def _hint(detail: str) -> str:
    if "TensorList" in detail or "tf.While" in detail:
        return LOOP_HINT
    if "16x8-bit not yet supported" in detail:
        return "TensorFlow has no int16 of that operator: take int8 or float32, or build LSTM layers with unroll=True"
    if "truncated" in detail or "Unable to" in detail:
        return "the file is damaged or cut short: save it again"
    if "Could not locate" in detail or "Unknown layer" in detail:
        return "layers of your own are not known here: export the model as a SavedModel"
    return "see what TensorFlow says; a SavedModel, or a .tflite of your own conversion, may go further"


def _plain(error: ProfilerError) -> dict[str, str | None]:
    return {"type": type(error).__name__, "message": error.message, "hint": error.hint}


if __name__ == "__main__":
    sys.exit(main())
