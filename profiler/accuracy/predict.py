"""A model's outputs on a dataset, by the interpreter devices run, a bounded number of samples at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from profiler.accuracy.codec import decode, encode
from profiler.accuracy.datasets.model import Dataset, FloatArray
from profiler.accuracy.host_reference import litert_name, litert_outputs, tflm_name, tflm_outputs
from profiler.accuracy.model import ReferenceUnavailable
from profiler.accuracy.reference_cache import Outputs, cached_outputs
from profiler.convert.shapes import fitted
from profiler.errors import ModelError, UnsupportedModelError
from profiler.graph.model import Graph, Tensor

_CHUNK_BYTES = 16 << 20  # of inputs in memory at once
_CHUNK_SAMPLES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """`outputs` are real numbers [samples, values]; of a model that reconstructs, the mean squared error [samples, 1].

    `saturated_share` of all input values lay outside of what the quantized input can hold.
    """

    engine: str
    outputs: npt.NDArray[np.float64]
    saturated_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    windows: tuple[FloatArray, ...]
    encoded: tuple[bytes, ...]


def predict(
    model: bytes, graph: Graph, dataset: Dataset, rows: Sequence[int], *, reconstructs: bool, cache_folder: Path
) -> Predictions:
    """Outputs of `rows` by TFLM, or, where it refuses the model, by LiteRT's reference kernels.

    Raises DatasetError when a sample does not fit the input, UnsupportedModelError for several inputs or outputs, or a
    model that neither interpreter runs, ModelError for outputs that are NaN or infinite.
    """
    source, target = endpoints(graph)
    results: list[npt.NDArray[np.float64]] = []
    engines: set[str] = set()
    saturated = 0.0
    windows = 0
    for chunk, shares in _chunks(dataset, rows, source, reconstructs=reconstructs):
        engine, outputs = _outputs(model, [data for sample in chunk for data in sample.encoded], cache_folder)
        engines.add(engine)
        saturated += sum(shares)
        windows += len(outputs)
        position = iter(outputs)
        for sample in chunk:
            values = [decode(next(position), target) for _ in sample.encoded]
            _require_finite(values, rows[len(results)])
            results.append(_score(values, sample.windows) if reconstructs else values[0])
    return Predictions(
        engine=" and ".join(sorted(engines)), outputs=np.stack(results), saturated_share=saturated / max(windows, 1)
    )


def endpoints(graph: Graph) -> tuple[Tensor, Tensor]:
    """The one input and the one output. Raises UnsupportedModelError when there are more."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedModelError(
            f"the model has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, a dataset has one of each",
            hint="compare it without --data, on random inputs",
        )
    return graph.tensors[graph.inputs[0]], graph.tensors[graph.outputs[0]]


def encoded_samples(dataset: Dataset, rows: Sequence[int], graph: Graph) -> list[list[bytes]]:
    """Input sets for a target: of every row its (first) window. Raises as `predict`."""
    source, target = endpoints(graph)
    several = source.elements == target.elements
    return [[encode(_windows(sample, source, several=several)[0], source)[0]] for sample in dataset.samples(rows)]


def _require_finite(values: Sequence[npt.NDArray[np.float64]], row: int) -> None:
    if not all(np.isfinite(each).all() for each in values):
        raise ModelError(
            f"the model's output for sample {row} is NaN or infinite",
            hint="nothing can be measured of such outputs: look at the model's weights, and at the scale of its inputs",
        )


def _windows(sample: FloatArray, source: Tensor, *, several: bool) -> tuple[FloatArray, ...]:
    """The sample as the model's input; where there may be `several`, a flat one of a multiple of values is windows.

    Only errors of a reconstruction have a mean over windows: a decision is of one input.
    """
    if several and sample.ndim == 1 and sample.size > source.elements and sample.size % source.elements == 0:
        return tuple(part.reshape(source.shape) for part in sample.reshape(-1, source.elements))
    return (fitted(sample, source.shape),)


def _chunks(
    dataset: Dataset, rows: Sequence[int], source: Tensor, *, reconstructs: bool
) -> Iterator[tuple[list[_Sample], list[float]]]:
    chunk: list[_Sample] = []
    shares: list[float] = []
    size_bytes = 0
    for sample in dataset.samples(rows):
        windows = _windows(sample, source, several=reconstructs)
        encoded = [encode(window, source) for window in windows]
        chunk.append(_Sample(windows=windows, encoded=tuple(data for data, _ in encoded)))
        shares.extend(share for _, share in encoded)
        size_bytes += sum(window.nbytes + len(data) for window, (data, _) in zip(windows, encoded, strict=True))
        if size_bytes >= _CHUNK_BYTES or len(chunk) >= _CHUNK_SAMPLES:
            yield chunk, shares
            chunk, shares, size_bytes = [], [], 0
    if chunk:
        yield chunk, shares


def _outputs(model: bytes, inputs: list[bytes], cache_folder: Path) -> tuple[str, list[bytes]]:
    sets = [[data] for data in inputs]
    reasons = []
    for name, run in ((tflm_name(), tflm_outputs), (litert_name(), litert_outputs)):
        answer: Outputs | ReferenceUnavailable = cached_outputs(
            name,
            model,
            sets,
            cache_folder,
            lambda run=run: run(model, sets),  # type: ignore[misc]
        )
        if not isinstance(answer, ReferenceUnavailable):
            return name, [outputs[0] for outputs in answer]
        reasons.append(f"{answer.reference}: {answer.reason}")
    raise UnsupportedModelError(f"no interpreter runs the model: {'; '.join(reasons)}")


def _score(outputs: Sequence[npt.NDArray[np.float64]], windows: Sequence[FloatArray]) -> npt.NDArray[np.float64]:
    """Mean squared error of the reconstruction over all windows of a sample."""
    pairs = zip(outputs, windows, strict=True)
    errors = [float(np.mean((output - window.reshape(-1).astype(np.float64)) ** 2)) for output, window in pairs]
    return np.array([np.mean(errors)])
