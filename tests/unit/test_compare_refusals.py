"""`profiler compare` on bad input: what is wrong, where, what to do; exit code 2, no traceback, nothing written.

A SavedModel without a signature, which only TensorFlow can tell, is in test_convert.py.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from profiler.cli.main import main
from tests.support.keras_models import keras_models

Arrays = dict[str, Any]
_RNG = np.random.default_rng(0)


def _good() -> Arrays:
    """Twelve samples for zoo:kws, one a class."""
    x = _RNG.normal(size=(12, 49, 10)).astype(np.float32)
    return {"x": x, "y": np.arange(12), "room": np.array(["hall", "attic"] * 6)}


def _with(**changed: Any) -> Callable[[], Arrays]:
    return lambda: _good() | changed


def _with_nan() -> Arrays:
    arrays = _good()
    arrays["x"][7, 3, 2] = np.nan
    return arrays


REFUSED = {
    "dataset/model shape mismatch": (_with(x=np.ones((12, 8, 8))), (), ("shape 8×8", "49×10")),
    "label out of range": (_with(y=np.arange(12) + 1), (), ("label 12", "12 classes")),
    "negative label": (_with(y=np.arange(12) - 1), (), ("label -1",)),
    "NaN in a sample": (_with_nan, (), ("sample 7 has NaN",)),
    "NaN among labels": (_with(y=np.where(np.arange(12) == 5, np.nan, 0.5)), (), ("label of sample 5",)),
    "empty slice": (_good, ("--slice", "room=cellar"), ("room=cellar is empty", "attic")),
    "unknown slice": (_good, ("--slice", "speaker"), ("no metadata column 'speaker'", "room")),
    "unknown metric": (_good, ("--metric", "accuracy"), ("metric 'accuracy' is unknown", "top-1")),
    "metric of another task": (_good, ("--metric", "mae"), ("is not one of classification", "top-1")),
    "no samples": (_with(x=np.zeros((0, 49, 10)), y=np.zeros(0, dtype=int), room=np.array([])), (), ("no samples",)),
}


def _refusal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    monkeypatch.setattr("sys.argv", ["profiler", "compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert ended.value.code in (2, 4), said.err
    assert said.out == ""
    assert said.err.startswith("error: ")
    return " ".join(said.err.split())


@pytest.mark.parametrize("name", REFUSED)
def test_bad_data_is_refused_in_words(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays, options, words = REFUSED[name]
    np.savez(tmp_path / "data.npz", **arrays())
    board = ("--boards", "nucleo_l4r5zi", "--target-samples", "1")
    said = _refusal(capsys, monkeypatch, "zoo:kws", *board, "--data", tmp_path / "data.npz", *options)
    for word in words:
        assert word in said, said


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cut.h5", ("damaged",)),
        ("dynamic.keras", ("dynamic shape ?×?×?×1",)),
    ],
)
def test_bad_models_are_refused_in_words(
    name: str,
    words: tuple[str, ...],
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = keras_models(tmp_path_factory.getbasetemp().parent / "keras_models")
    model = models / name
    if name == "cut.h5":
        model = tmp_path / name
        model.write_bytes((models / "cnn.h5").read_bytes()[:3000])
    said = _refusal(capsys, monkeypatch, model, "--boards", "nucleo_l4r5zi")
    for word in words:
        assert word in said, said
    assert "hint" in said


def test_a_class_without_samples_is_no_error_but_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays = _good() | {"y": np.minimum(np.arange(12), 8)}
    np.savez(tmp_path / "data.npz", **arrays)
    arguments = ("zoo:kws", "--boards", "nucleo_l4r5zi", "--target-samples", "1", "--data", str(tmp_path / "data.npz"))
    monkeypatch.setattr("sys.argv", ["profiler", "compare", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no samples" in said
    assert "9, 10, 11" in said
