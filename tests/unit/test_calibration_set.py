"""Representative samples: bad ones are refused or warned of, and the command quantizes with good ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from profiler.accuracy.calibration_set import calibration_samples, representative, suspicions
from profiler.accuracy.choices import DataOptions
from profiler.accuracy.datasets.formats import open_dataset
from profiler.accuracy.datasets.model import Dataset
from profiler.cli.main import app
from profiler.errors import DatasetError, ProfilerError, SettingsError
from profiler.graph.model import DataType
from profiler.graph.tflite_reader import read
from tests.support.keras_models import keras_models

RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(40, 8, 8)).astype(np.float32)
COLUMNS = np.random.default_rng(1).normal(size=(40, 4)).astype(np.float32)


def _dataset(tmp_path: Path, x: np.ndarray) -> Dataset:
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(len(x)) % 3)
    return open_dataset(tmp_path / "data.npz")


def test_samples_are_spread_over_the_dataset(tmp_path: Path) -> None:
    samples = calibration_samples(_dataset(tmp_path, GOOD), 14)
    assert samples.shape == (14, 8, 8)
    assert np.array_equal(samples[0], GOOD[0])
    assert np.array_equal(samples[-1], GOOD[-1])


def test_constant_or_nan_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="tells no range"):
        calibration_samples(_dataset(tmp_path, np.full((5, 8, 8), 3.0)), 5)
    holed = GOOD.copy()
    holed[0, 0, 0] = np.nan
    with pytest.raises(DatasetError, match="sample 0 has NaN"):
        calibration_samples(_dataset(tmp_path, holed), 5)


@pytest.mark.parametrize(
    ("samples", "scales_inputs", "words"),
    [
        (GOOD, False, []),
        (GOOD[:3], False, ["only 3"]),
        (np.repeat(GOOD[:1], 20, axis=0), False, ["same one"]),
        (GOOD * 100, False, ["no layer that scales them"]),
        (GOOD * 100, True, []),
        (GOOD * 1e-5, False, ["such small values"]),
        (COLUMNS, False, []),
        (COLUMNS * [1, 0.001, 1, 0.01], False, ["2 of 4 input columns vary far less than others"]),
        (COLUMNS * [1, 0, 1, 1], False, []),  # a constant is no feature
    ],
)
def test_what_quantizes_badly_is_warned_of(samples: np.ndarray, scales_inputs: bool, words: list[str]) -> None:
    found = list(suspicions(samples, scales_inputs=scales_inputs))
    assert len(found) == len(words)
    assert all(word in text for word, text in zip(words, found, strict=True))


def _quantize(*arguments: str | Path, cache: Path) -> ProfilerError | str:
    """What the command printed, or the error it would tell."""
    result = CliRunner().invoke(app, ["quantize", *map(str, arguments)], env={"PROFILER_CACHE_FOLDER": str(cache)})
    if isinstance(result.exception, ProfilerError):
        return result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_writes_an_int8_model_and_warns_of_the_scale(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    models = keras_models(tmp_path_factory.getbasetemp().parent / "keras_models")
    _dataset(tmp_path, (GOOD * 100))
    out = tmp_path / "model.tflite"
    output = _quantize(models / "cnn.keras", "--data", tmp_path / "data.npz", "-o", out, cache=tmp_path / "cache")
    assert isinstance(output, str)
    assert "wrote" in output
    assert "no layer that scales them" in output
    graph = read(out)
    assert graph.tensors[graph.inputs[0]].dtype is DataType.INT8


def test_int8_without_data_says_what_to_do(tmp_path: Path) -> None:
    error = _quantize("model.keras", "-o", tmp_path / "out.tflite", cache=tmp_path)
    assert isinstance(error, DatasetError)
    assert "dynamic-range" in (error.hint or "")


def test_a_tflite_or_a_wrong_size_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", x=GOOD, y=np.arange(40) % 3)
    common = ("-o", tmp_path / "out.tflite", "--data", tmp_path / "data.npz")
    error = _quantize("zoo:kws", *common, cache=tmp_path)
    assert isinstance(error, ProfilerError)
    assert ".tflite already" in error.message
    assert isinstance(_quantize("zoo:kws", "--resize", "96", *common, cache=tmp_path), SettingsError)
    assert not (tmp_path / "out.tflite").exists()


def test_representative_samples_need_no_labels(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    np.savez(tmp_path / "data.npz", x=values)
    pd.DataFrame(values, columns=list("abcd")).to_csv(tmp_path / "data.csv", index=False)
    for name in ("data.npz", "data.csv"):
        with pytest.raises(DatasetError, match=r"no (array|column)"):
            open_dataset(tmp_path / name)
        samples = calibration_samples(representative(tmp_path / name, None), 30)
        assert samples == pytest.approx(values)


@pytest.mark.parametrize(("scale", "offset"), [(np.nan, 0), (0, 1), (1, np.inf)])
def test_a_scale_that_leaves_no_values_is_refused(scale: float, offset: float) -> None:
    with pytest.raises(SettingsError, match="tell nothing"):
        DataOptions(scale=scale, offset=offset)
