"""Claims about the accuracy file: both forms are read, and what is neither is refused with what to give."""

from __future__ import annotations

import json

import pytest

from profiler.errors import BudgetError
from profiler.gate.accuracy_file import read_accuracies


def metric(value: float | None, delta: float | None, name: str = "accuracy") -> dict[str, object]:
    return {"metric": name, "value": value, "reason": "", "interval": None, "delta": delta, "delta_interval": None}


def comparison(**accuracy: object) -> dict[str, object]:
    """As `profiler compare --json` writes it, shortened to what is read and some of what is not."""
    return {
        "schema_version": 1,
        "model": "kws.keras",
        "variants": [{"name": "float32", "sha256": "f" * 64}, {"name": "int8", "sha256": "8" * 64}],
        "accuracy": {
            "metric": "accuracy",
            "higher_is_better": True,
            "baseline": "float32",
            "variants": [
                {"variant": "float32", "metrics": [metric(0.93, None), metric(0.9, None, "f1")]},
                {"variant": "int8", "metrics": [metric(0.91, -0.02), metric(0.8, -0.1, "f1")]},
            ],
            **accuracy,
        },
    }


def read(tmp_path, data):
    path = tmp_path / "accuracy.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return read_accuracies(path)


def values(found, model, sha256):
    return {name: round(figure.value, 9) for name, figure in found.figures(model, sha256).items()}


def test_variants_of_a_comparison_are_found_by_their_digest(tmp_path):
    found = read(tmp_path, comparison())
    assert values(found, "any.tflite", "8" * 64) == {"accuracy": 0.91, "accuracy_loss": 0.02}
    assert values(found, "any.tflite", "f" * 64) == {"accuracy": 0.93, "accuracy_loss": 0}
    assert values(found, "any.tflite", "0" * 64) == {}


def test_models_of_a_file_of_ones_own_are_found_by_name(tmp_path):
    found = read(tmp_path, {"models": {"a.tflite": {"accuracy": 0.5}, "b.tflite": {"accuracy": 0.5, "reference": 0.4}}})
    assert values(found, "a.tflite", "") == {"accuracy": 0.5}
    assert values(found, "b.tflite", "") == {"accuracy": 0.5, "accuracy_loss": -0.1}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("{", "is no accuracy file"),
        ("[]", "is no accuracy file"),
        ("[" * 100_000, "is no accuracy file"),
        ({"models": {"a": {"accuracy": 91}}}, "models.a.accuracy"),
        ({"models": {"a": {"accuracy": 0.9, "loss": 1}}}, "models.a.loss"),
        ({"variants": []}, "is no accuracy file"),
        ({"variants": [], "accuracy": {"reason": "no data"}}, "has no accuracy: no data"),
        (comparison(higher_is_better=False, metric="mae"), "main metric is mae"),
        (comparison(metric="auc"), "is no accuracy file"),
        (comparison(variants=3), "is no accuracy file"),
    ],
)
def test_what_is_no_accuracy_file_is_refused_with_what_to_give(data, words, tmp_path):
    with pytest.raises(BudgetError, match=words) as caught:
        read(tmp_path, data)
    assert "profiler compare" in (caught.value.hint or "")
