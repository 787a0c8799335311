"""Labels and samples as people have them: what they mean is told or refused, never guessed wrong in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from profiler.accuracy.choices import DataOptions, Task
from profiler.accuracy.datasets.formats import open_dataset
from profiler.accuracy.datasets.model import Dataset, classified
from profiler.accuracy.predict import predict
from profiler.accuracy.task import meaning_of
from profiler.errors import DatasetError, ModelError, SettingsError
from profiler.graph.tflite_reader import read
from tests.support.dense_models import dense_graph, dense_model

NUMBERS = np.array([2, 0, 1, 2, 1])
WHERE = Path("data.npz")


def _labels(values: Any, **options: Any) -> Dataset:
    return classified(np.asarray(values), DataOptions(**options), WHERE)


@pytest.mark.parametrize(
    "values",
    [
        NUMBERS,
        NUMBERS[:, None],
        NUMBERS.astype(np.float32),
        NUMBERS.astype(np.uint8)[:, None],
        np.eye(3)[NUMBERS],
        np.eye(3, dtype=np.int64)[NUMBERS],
        np.eye(3, dtype=bool)[NUMBERS],
    ],
)
def test_numbers_columns_and_one_hot_rows_are_the_same_classes(values: np.ndarray) -> None:
    dataset = _labels(values)
    assert dataset.labels.tolist() == NUMBERS.tolist()
    assert dataset.labels.dtype == np.int64
    assert dataset.class_names == ("0", "1", "2")
    assert not dataset.classes_guessed


def test_a_one_hot_class_without_a_sample_is_a_class() -> None:
    assert _labels(np.eye(4)[NUMBERS]).class_names == ("0", "1", "2", "3")


@pytest.mark.parametrize(
    "values",
    [
        [0.5, 1.0, 2.0],
        [[0.0, 1.0], [1.0, 1.0]],  # two labels at once
        [[3, 4], [5, 6]],
        [7, 1_000_000_000],  # a class would need a name for each number below
    ],
)
def test_what_is_no_class_is_a_target(values: Any) -> None:
    dataset = _labels(values)
    assert dataset.class_names is None
    assert dataset.labels.tolist() == np.asarray(values, dtype=float).tolist()


def test_a_model_with_one_output_decides_between_real_zeros_and_ones() -> None:
    assert meaning_of(_labels(np.array([0.0, 1.0, 1.0])), dense_graph(outputs=1)).task is Task.BINARY
    assert meaning_of(_labels(np.array([0.0, 1.0, 7.0])), dense_graph(outputs=1)).task is Task.REGRESSION
    assert meaning_of(_labels(np.array([0.0, 1.0, 2.0])), dense_graph(outputs=3)).task is Task.CLASSIFICATION


def test_a_binary_task_of_two_outputs_is_told_what_it_is() -> None:
    with pytest.raises(DatasetError, match="has one output, the model has 2") as raised:
        meaning_of(_labels([0, 1, 1]), dense_graph(outputs=2), Task.BINARY)
    assert "--task classification" in (raised.value.hint or "")


@pytest.mark.parametrize("names", [("no", "yes"), ("a", "b", "c", "d")])
def test_texts_that_name_other_classes_than_the_model_has_are_refused(names: tuple[str, ...]) -> None:
    """In alphabetical order every class after the one that is missing would be taken for another."""
    graph = dense_graph(outputs=3)
    with pytest.raises(DatasetError, match=f"names {len(names)} classes .*the model has 3") as raised:
        meaning_of(_labels(names), graph)
    assert "--classes" in (raised.value.hint or "")
    assert meaning_of(_labels(["no", "yes"], classes=("yes", "no", "maybe")), graph).classes == 3


def test_a_class_that_is_named_twice_is_refused() -> None:
    with pytest.raises(SettingsError, match="class 'a' is named twice"):
        DataOptions(classes=("a", "b", "a"))


def test_texts_of_two_dimensions_are_no_labels() -> None:
    with pytest.raises(DatasetError, match="2×2 of texts"):
        _labels([["a", "b"], ["c", "d"]])


def test_objects_of_an_npz_are_told_with_what_to_do(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=np.zeros((2, 3)), y=np.array(["a", "b"], dtype=object))
    with pytest.raises(DatasetError, match="array 'y' has Python objects") as raised:
        open_dataset(tmp_path / "data.npz")
    assert "astype(str)" in (raised.value.hint or "")


def test_a_folder_without_files_is_a_class_and_hidden_ones_are_not(tmp_path: Path) -> None:
    from PIL import Image

    for folder in ("cat", "dog", "emu", ".ipynb_checkpoints", "__MACOSX"):
        (tmp_path / folder).mkdir()
        if folder != "dog":
            Image.new("L", (4, 4)).save(tmp_path / folder / "1.png")
    (tmp_path / "emu" / "._1.png").write_bytes(b"left there by another system")
    dataset = open_dataset(tmp_path)
    assert dataset.class_names == ("cat", "dog", "emu")
    assert dataset.labels.tolist() == [0, 2]


def _predict(weights: np.ndarray, samples: np.ndarray, folder: Path, *, reconstructs: bool) -> np.ndarray:
    np.savez(folder / "data.npz", x=samples, y=np.zeros(len(samples), dtype=int))
    model = dense_model(weights)
    rows = range(len(samples))
    dataset = open_dataset(folder / "data.npz")
    found = predict(model, read(model), dataset, rows, reconstructs=reconstructs, cache_folder=folder / "cache")
    return found.outputs


def test_only_a_model_that_reconstructs_takes_several_windows(tmp_path: Path) -> None:
    """Of a decision the first window alone would be judged, and the others nobody would miss."""
    samples = np.arange(16, dtype=np.float32).reshape(2, 8)
    halves = np.eye(4, dtype=np.float32) / 2
    errors = _predict(halves, samples, tmp_path, reconstructs=True)
    assert errors[:, 0].tolist() == pytest.approx(((samples / 2) ** 2).mean(axis=1).tolist())
    with pytest.raises(DatasetError, match="shape 8, the model's input 1×4") as raised:
        _predict(np.ones((3, 4), dtype=np.float32), samples, tmp_path, reconstructs=False)
    assert "--metadata" in (raised.value.hint or "")


def test_outputs_that_are_no_numbers_are_told_with_the_sample(tmp_path: Path) -> None:
    weights = np.array([[1.0, 0.0], [np.nan, 0.0]], dtype=np.float32)
    with pytest.raises(ModelError, match="sample 0 is NaN or infinite"):
        _predict(weights, np.ones((2, 2), dtype=np.float32), tmp_path, reconstructs=False)
