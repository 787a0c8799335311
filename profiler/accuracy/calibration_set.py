"""The representative samples that quantization sees, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.formats import open_dataset
from profiler.accuracy.datasets.model import Dataset
from profiler.errors import DatasetError

_FEW_SAMPLES = 10
_LARGE = 16.0  # networks are trained on inputs of about −1 to 1, or a few standard deviations
_SMALL = 1e-3
_STEPS = 255  # of an int8 input, over the range of all its values and 0
_FEW_STEPS = 4
_COLUMNS_LIMIT = 64  # more are pixels or the like, of which some are always almost constant


def representative(path: Path, options: DataOptions | None) -> Dataset:
    """A dataset of which the samples alone matter: labels may be missing. Raises as `open_dataset`."""
    return open_dataset(path, replace(options or DataOptions(), may_lack_labels=True))


def calibration_samples(dataset: Dataset, count: int) -> npt.NDArray[np.float32]:
    """`count` samples spread over the dataset, [samples, …].

    Raises DatasetError when they are all the same value, of different shapes, or NaN.
    """
    samples = list(dataset.samples(dataset.spread(count)))
    shapes = {sample.shape for sample in samples}
    if len(shapes) > 1:
        shown = ", ".join("×".join(map(str, shape)) for shape in sorted(shapes)[:4])
        raise DatasetError(
            f"{dataset.path} has samples of different shapes: {shown}",
            hint="cut or resize them to one (images: --resize)",
        )
    stacked = np.stack(samples)
    if float(stacked.min()) == float(stacked.max()):
        raise DatasetError(
            f"{dataset.path}: all representative samples are {stacked.flat[0]:g}, which tells no range",
            hint="give samples as the model meets them",
        )
    return stacked


def suspicions(samples: npt.NDArray[np.float32], *, scales_inputs: bool) -> Iterator[str]:
    """Warnings: what quantizes badly, though it can be done. `scales_inputs`: the model has normalization inside."""
    if len(samples) < _FEW_SAMPLES:
        yield f"only {len(samples)} representative samples: ranges of rare inputs are not seen; give 100 or more"
    flat = samples.reshape(len(samples), -1)
    if len(samples) > 1 and (flat == flat[0]).all():
        yield "all representative samples are the same one: ranges of other inputs are not seen"
    largest = float(np.abs(samples).max())
    if not scales_inputs and largest > _LARGE:
        yield (
            f"inputs reach {largest:g}, and the model has no layer that scales them: was it trained on other values? "
            "(pixels 0 to 255: --scale 0.00392157 for 0 to 1, --scale 0.00784314 --offset -1 for −1 to 1)"
        )
    if largest < _SMALL:
        yield f"inputs reach only {largest:g}: was the model trained on such small values? (--scale)"
    yield from _coarse_columns(samples)


def _coarse_columns(samples: npt.NDArray[np.float32]) -> Iterator[str]:
    """One scale holds for the whole input, so of columns much smaller than others int8 keeps next to nothing."""
    columns = samples.reshape(-1, samples.shape[-1])
    whole = max(float(samples.max()), 0.0) - min(float(samples.min()), 0.0)
    if samples.ndim < 2 or not 1 < columns.shape[1] <= _COLUMNS_LIMIT or whole == 0:
        return
    steps = _STEPS * np.ptp(columns, axis=0) / whole
    coarse = np.flatnonzero((steps > 0) & (steps < _FEW_STEPS))
    if len(coarse):
        worst = int(coarse[np.argmin(steps[coarse])])
        yield (
            f"{len(coarse)} of {columns.shape[1]} input columns vary far less than others: of an int8 input's {_STEPS} "
            f"steps column {worst} has {steps[worst]:.2g}. Bring columns to one scale before the model, or take int16x8"
        )
