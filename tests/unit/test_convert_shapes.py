"""Claims about samples and the inputs they are for."""

from __future__ import annotations

import numpy as np
import pytest

from profiler.convert.shapes import fitted
from profiler.errors import DatasetError


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1), (1, 8, 8, 1), (64,)])
def test_axes_of_one_and_flat_samples_are_taken(shape: tuple[int, ...]) -> None:
    sample = np.arange(64.0)
    assert np.array_equal(fitted(sample.reshape(shape), (1, 8, 8, 1)), sample.reshape(1, 8, 8, 1))


def test_an_image_of_another_size_is_told_the_option_that_mends_it() -> None:
    with pytest.raises(DatasetError, match="40×48×3") as raised:
        fitted(np.zeros((40, 48, 3)), (1, 32, 24, 3))
    assert "--resize 32x24x3" in (raised.value.hint or "")


def test_an_image_in_colour_for_a_gray_model_is_told_the_option_too() -> None:
    with pytest.raises(DatasetError) as raised:
        fitted(np.zeros((32, 24, 3)), (1, 32, 24, 1))
    assert "--resize 32x24x1" in (raised.value.hint or "")


def test_columns_too_many_are_told_the_option_that_names_them() -> None:
    with pytest.raises(DatasetError) as raised:
        fitted(np.zeros(7), (1, 6))
    assert "--metadata" in (raised.value.hint or "")


def test_what_is_no_image_is_not_told_of_images() -> None:
    with pytest.raises(DatasetError, match="7") as raised:
        fitted(np.zeros(7), (1, 6))
    assert "--resize" not in (raised.value.hint or "")
