"""Whether a sample fits a model's input, one rule for calibration and evaluation."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy.typing as npt

from profiler.errors import DatasetError

_IMAGE_AXES = 3  # height, width, channels
_CHANNELS = {1, 3}  # that image files can be read with


def fitted(sample: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """The sample in the input's shape (batch of 1). Raises DatasetError when it is another shape.

    Axes of size 1 may be absent or added; a flat row of as many values is taken in row-major order.
    """
    if not fits(sample.shape, shape):
        raise DatasetError(
            f"a sample has shape {_text(sample.shape)}, the model's input {_text(shape)}",
            hint=_hint(sample.shape, shape),
        )
    return sample.reshape(shape)


def fits(sample: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether `fitted` takes a sample of this shape."""
    if len(sample) == 1 and sample[0] == prod(shape):
        return True
    return [size for size in sample if size != 1] == [size for size in shape if size != 1]


def _hint(sample: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The mistakes that an option mends: images of another size or in colour, columns that are no features."""
    _, *wanted = shape or (1,)
    if len(sample) == len(wanted) == _IMAGE_AXES and wanted[-1] in _CHANNELS:
        return f"if these are image files, --resize {'x'.join(map(str, wanted))} brings them to the model's size"
    if len(sample) == 1 and sample[0] > prod(shape):
        return "of a table, --metadata names columns that are no features; other data has to have the input's shape"
    return "resize or reshape the data to the model's input; axes of size 1 do not matter"


def _text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "scalar"
