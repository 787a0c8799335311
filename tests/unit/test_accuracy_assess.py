"""Accuracy, deltas and intervals agree with computations of scikit-learn and SciPy, and say what cannot be said."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from profiler.accuracy.assess import assess
from profiler.accuracy.choices import DataOptions, MetricName, Task
from profiler.accuracy.datasets.model import Dataset, classified
from profiler.accuracy.metrics import METRICS
from profiler.accuracy.predict import Predictions
from profiler.accuracy.results import AccuracyResult, MetricResult
from profiler.accuracy.statistics import change_interval, paired_interval, share_interval
from profiler.accuracy.task import Meaning
from profiler.errors import DatasetError, SettingsError

CLASSES = 4
COUNT = 400


def _dataset(labels: Any, **columns: list[str]) -> Dataset:
    return replace(classified(np.asarray(labels), DataOptions(), Path("data.npz")), columns=columns)


def _predictions(outputs: np.ndarray) -> Predictions:
    return Predictions(engine="test", outputs=outputs, saturated_share=0.0)


def _noisy(labels: np.ndarray, seed: int, noise: float = 0.8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    outputs: np.ndarray = np.eye(CLASSES)[labels] + rng.normal(0, noise, (len(labels), CLASSES))
    return outputs


def _assess(
    labels: Any, outputs: dict[str, np.ndarray], task: Task = Task.CLASSIFICATION, **more: Any
) -> AccuracyResult:
    columns = more.pop("columns", {})
    meaning = Meaning(task=task, reconstructs=False, classes=more.pop("classes", CLASSES))
    predictions = {name: _predictions(values) for name, values in outputs.items()}
    return assess(_dataset(labels, **columns), range(len(labels)), predictions, meaning, **more)


def _of(result: AccuracyResult, variant: str, metric: str) -> MetricResult:
    (found,) = [each for each in result.variants if each.variant == variant]
    return next(each for each in found.metrics if each.metric == metric)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, CLASSES, COUNT)


def test_classification_agrees_with_scikit_learn(labels: np.ndarray) -> None:
    outputs = {"float32": _noisy(labels, 2), "int8": _noisy(labels, 3)}
    result = _assess(labels, outputs)
    for name, values in outputs.items():
        decided = values.argmax(axis=1)
        expected = {
            "top-1": metrics.accuracy_score(labels, decided),
            "top-3": metrics.top_k_accuracy_score(labels, values, k=3, labels=range(CLASSES)),
            "macro-precision": metrics.precision_score(labels, decided, average="macro"),
            "macro-recall": metrics.balanced_accuracy_score(labels, decided),
            "macro-f1": metrics.f1_score(labels, decided, average="macro"),
        }
        for metric, value in expected.items():
            assert _of(result, name, metric).value == pytest.approx(value), metric
        (variant,) = [each for each in result.variants if each.variant == name]
        assert np.array_equal(variant.confusion, metrics.confusion_matrix(labels, decided))
        recalls = metrics.recall_score(labels, decided, average=None)
        assert [each.recall for each in variant.classes] == pytest.approx(recalls.tolist())
    assert result.metric == "top-1"


def test_the_interval_of_the_delta_agrees_with_scipy_s_bootstrap(labels: np.ndarray) -> None:
    before, after = _noisy(labels, 2), _noisy(labels, 4, noise=1.0)
    result = _of(_assess(labels, {"float32": before, "int8": after}), "int8", "top-1")
    change = (after.argmax(1) == labels).astype(float) - (before.argmax(1) == labels)
    seen = np.concatenate([change, [-1, 1]])
    expected = stats.bootstrap((seen,), np.mean, n_resamples=5000, method="percentile", rng=0).confidence_interval
    assert result.delta == pytest.approx(change.mean())
    assert result.delta_interval is not None
    assert result.delta_interval.low == pytest.approx(expected.low, abs=0.01)
    assert result.delta_interval.high == pytest.approx(expected.high, abs=0.01)


@pytest.mark.parametrize("name", ["macro-precision", "macro-recall", "macro-f1"])
def test_metrics_of_confusion_matrices_are_those_of_the_samples(labels: np.ndarray, name: str) -> None:
    metric = METRICS[name]
    assert metric.of_counts is not None
    for some in (labels, labels[labels != 2], labels[:3]):
        outputs = _noisy(some, 7, noise=2.0)
        matrix = metrics.confusion_matrix(some, outputs.argmax(axis=1), labels=range(CLASSES))
        right, support, decided = matrix.diagonal()[None], matrix.sum(axis=1)[None], matrix.sum(axis=0)[None]
        assert metric.of_counts(right, support, decided)[0] == pytest.approx(metric.value(some, outputs))


@pytest.mark.parametrize("count", [20, 50, 200])
def test_intervals_of_shares_hold_as_often_as_they_say_also_where_little_changes(count: int) -> None:
    """A plain bootstrap's hold in half of such cases: samples without a change make an interval of a point."""
    rng = np.random.default_rng(13)
    rounds, accuracy, lost, won = 150, 0.97, 0.015, 0.005
    held = {"share": 0, "change": 0}
    for seed in range(rounds):
        share = share_interval((rng.random(count) < accuracy).astype(float), seed=seed)
        held["share"] += share.low <= accuracy <= share.high
        changes = rng.choice([-1.0, 1.0, 0.0], count, p=[lost, won, 1 - lost - won])
        change = change_interval(changes, seed=seed)
        held["change"] += change.low <= won - lost <= change.high
    assert min(held.values()) / rounds > 0.87, held


def test_the_interval_of_macro_f1_agrees_with_scipy_s_bootstrap(labels: np.ndarray) -> None:
    before, after = _noisy(labels, 2), _noisy(labels, 4, noise=1.0)
    result = _of(_assess(labels, {"float32": before, "int8": after}), "int8", "macro-f1")
    score = METRICS["macro-f1"].value

    def change(rows: np.ndarray) -> float:
        return score(labels[rows], after[rows]) - score(labels[rows], before[rows])

    rows = (np.arange(COUNT),)
    expected = stats.bootstrap(rows, change, vectorized=False, n_resamples=300, method="percentile", rng=0)
    assert result.delta_interval is not None
    assert result.delta_interval.low == pytest.approx(expected.confidence_interval.low, abs=0.02)
    assert result.delta_interval.high == pytest.approx(expected.confidence_interval.high, abs=0.02)


def test_the_interval_of_an_area_agrees_with_scipy_s_bootstrap() -> None:
    rng = np.random.default_rng(6)
    labels = rng.integers(0, 2, 300)
    before = labels[:, None] + rng.normal(size=(300, 1))
    after = before + rng.normal(0, 0.7, before.shape)
    result = _of(_assess(labels, {"float32": before, "int8": after}, Task.BINARY, classes=2), "int8", "roc-auc")
    score = METRICS["roc-auc"].value

    def change(rows: np.ndarray) -> float:
        return score(labels[rows], after[rows]) - score(labels[rows], before[rows])

    found = stats.bootstrap(
        (np.arange(300),), change, vectorized=False, n_resamples=500, method="percentile", rng=0
    ).confidence_interval
    assert result.delta_interval is not None
    assert (result.delta_interval.low, result.delta_interval.high) == pytest.approx((found.low, found.high), abs=0.015)


def test_a_thousand_classes_take_no_matrix_for_each_resample() -> None:
    """2000 resamples of a million counts each would be 16 GB."""
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 1000, 1500)
    before = np.eye(1000)[labels] + rng.normal(0, 0.3, (1500, 1000))
    after = before + rng.normal(0, 0.1, before.shape)
    tracemalloc.start()
    interval = paired_interval(METRICS["macro-f1"], labels, before, after, seed=0)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 300 << 20
    assert interval is not None
    change = METRICS["macro-f1"].value(labels, after) - METRICS["macro-f1"].value(labels, before)
    assert interval.low < change < interval.high


def test_quantities_that_are_whole_numbers_have_no_classes_to_be_sliced_by() -> None:
    rng = np.random.default_rng(8)
    ages = rng.integers(0, 90, 60)
    result = _assess(ages, {"float32": ages[:, None] + rng.normal(size=(60, 1))}, Task.REGRESSION, classes=0)
    assert result.slices == ()
    with pytest.raises(DatasetError, match="no metadata column 'class'"):
        _assess(ages, {"float32": ages[:, None] * 1.0}, Task.REGRESSION, classes=0, slices=["class"])


def test_the_order_that_texts_were_taken_in_is_told() -> None:
    names = ["cat", "dog", "emu", "fox"] * 5
    outputs = np.eye(CLASSES)[np.arange(20) % 4]
    assert any("cat, dog, emu, fox" in note for note in _assess(names, {"float32": outputs}).notes)
    scores = {"float32": np.arange(20.0)[:, None]}
    binary = _assess(["anomaly", "normal"] * 10, scores, Task.BINARY, classes=2)
    assert any("high scores are taken to mean 'normal'" in note for note in binary.notes)
    assert not _assess(np.arange(20) % 4, {"float32": outputs}).notes


def test_mcnemar_counts_decisions_lost_and_won(labels: np.ndarray) -> None:
    before, after = _noisy(labels, 2), _noisy(labels, 4, noise=1.0)
    result = _assess(labels, {"float32": before, "int8": after})
    was, now = before.argmax(1) == labels, after.argmax(1) == labels
    variant = result.variants[1]
    assert (variant.lost, variant.won) == (int((was & ~now).sum()), int((now & ~was).sum()))
    assert variant.mcnemar_p_value == pytest.approx(
        stats.binomtest(variant.lost, variant.lost + variant.won, 0.5).pvalue
    )
    assert variant.changed_count == int((before.argmax(1) != after.argmax(1)).sum()) == len(variant.changed)
    first = variant.changed[0]
    assert first.label == str(labels[first.row])
    assert (first.baseline, first.variant) == (str(before[first.row].argmax()), str(after[first.row].argmax()))


def test_every_metric_that_may_be_named_has_a_row() -> None:
    assert list(METRICS) == list(MetricName)


def test_binary_scores_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 150)
    before = (labels + rng.normal(0, 1, 150))[:, None]
    after = before + rng.normal(0, 0.5, before.shape)
    result = _assess(labels, {"float32": before, "int8": after}, Task.BINARY, classes=2)
    for name, scores in (("float32", before), ("int8", after)):
        assert _of(result, name, "roc-auc").value == pytest.approx(metrics.roc_auc_score(labels, scores[:, 0]))
        pauc = metrics.roc_auc_score(labels, scores[:, 0], max_fpr=0.1)
        assert _of(result, name, "pauc").value == pytest.approx(pauc)
        decided = scores[:, 0] >= result.threshold
        share = _of(result, name, "accuracy-at-threshold").value
        assert share == pytest.approx(metrics.accuracy_score(labels, decided))
    youden = [metrics.balanced_accuracy_score(labels, before[:, 0] >= each) for each in before[:, 0]]
    at_best = metrics.balanced_accuracy_score(labels, before[:, 0] >= result.threshold)
    assert at_best == pytest.approx(max(youden))
    delta = _of(result, "int8", "roc-auc")
    assert delta.delta_interval is not None
    assert delta.delta is not None
    assert delta.delta_interval.low < delta.delta < delta.delta_interval.high


def test_regression_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(6)
    labels = rng.normal(size=(COUNT, 2))
    outputs = {"float32": labels + rng.normal(0, 0.1, labels.shape), "int8": labels + rng.normal(0, 0.2, labels.shape)}
    result = _assess(labels, outputs, Task.REGRESSION, classes=0)
    for name, values in outputs.items():
        assert _of(result, name, "mae").value == pytest.approx(metrics.mean_absolute_error(labels, values))
        assert _of(result, name, "rmse").value == pytest.approx(metrics.root_mean_squared_error(labels, values))
        assert _of(result, name, "r2").value == pytest.approx(metrics.r2_score(labels, values))
    assert not result.higher_is_better
    assert result.variants[1].confusion == ()


def test_the_slice_that_suffers_is_called_out_and_no_other(labels: np.ndarray) -> None:
    before = _noisy(labels, 2, noise=0.2)
    after = before + np.random.default_rng(9).normal(0, 0.05, before.shape)
    hurt = np.arange(COUNT) % 5 == 0
    after[hurt] = np.roll(after[hurt], 1, axis=1)  # all decisions of that slice are wrong
    noise = ["loud" if each else "quiet" for each in hurt]
    halves = ["first" if number < COUNT // 2 else "second" for number in range(COUNT)]
    result = _assess(
        labels, {"float32": before, "int8": after}, slices=["noise", "half"], columns={"noise": noise, "half": halves}
    )
    assert [(each.column, each.value) for each in result.called_out] == [("noise", "loud")]
    assert {each.column for each in result.slices} == {"class", "noise", "half"}
    assert "Benjamini-Yekutieli" in result.slice_method


def test_a_slice_that_others_only_gained_more_than_is_not_hurt() -> None:
    labels = np.zeros(200, dtype=int)
    before, after = np.tile([0.0, 1.0, 0.0, 0.0], (200, 1)), np.tile([1.0, 0.0, 0.0, 0.0], (200, 1))
    after[:40] = before[:40]  # nothing changes in this slice, all else is won
    rooms = ["same"] * 40 + ["won"] * 160
    result = _assess(labels, {"float32": before, "int8": after}, slices=["room"], columns={"room": rooms})
    assert result.called_out == ()


def test_equal_variants_are_never_called_out(labels: np.ndarray) -> None:
    outputs = _noisy(labels, 2)
    rooms = [str(number % 20) for number in range(COUNT)]
    result = _assess(labels, {"a": outputs, "b": outputs.copy()}, slices=["room"], columns={"room": rooms})
    assert result.called_out == ()
    assert result.variants[1].mcnemar_p_value == 1
    interval = _of(result, "b", "top-1").delta_interval
    assert interval is not None
    assert -0.01 < interval.low < 0 < interval.high < 0.01  # no change of 400 does not exclude any


def test_chance_alone_rarely_calls_a_slice_out() -> None:
    """Variants that differ at random: slices are called out in few of many datasets."""
    called = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, CLASSES, 200)
        rooms = rng.integers(0, 8, 200).astype(str).tolist()
        outputs = {"float32": _noisy(labels, 100 + seed), "int8": _noisy(labels, 200 + seed)}
        called += bool(_assess(labels, outputs, slices=["room"], columns={"room": rooms}).called_out)
    assert called <= 2


def test_the_same_seed_gives_the_same_intervals(labels: np.ndarray) -> None:
    outputs = {"float32": _noisy(labels, 2), "int8": _noisy(labels, 4)}
    assert _assess(labels, outputs, seed=3) == _assess(labels, outputs, seed=3)
    assert _assess(labels, outputs, seed=3) != _assess(labels, outputs, seed=4)


def test_a_class_without_samples_is_told_and_has_no_recall() -> None:
    labels = np.array([0, 1, 1, 0, 1, 3])
    result = _assess(labels, {"float32": np.eye(CLASSES)[labels]})
    assert any("no samples" in note and note.endswith(": 2") for note in result.notes)
    assert result.variants[0].classes[2].recall is None
    assert result.variants[0].classes[2].samples == 0
    assert {each.value for each in result.slices} == {"0", "1", "3"}


def test_slices_of_one_class_alone_are_told_by_right_decisions() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 150)
    before = (labels + rng.normal(0, 1, 150))[:, None]
    after = before + rng.normal(0, 0.5, before.shape)
    result = _assess(labels, {"float32": before, "int8": after}, Task.BINARY, classes=2)
    assert result.threshold is not None
    recall = {name: metrics.recall_score(labels, after[:, 0] >= result.threshold, pos_label=int(name)) for name in "01"}
    was = {name: metrics.recall_score(labels, before[:, 0] >= result.threshold, pos_label=int(name)) for name in "01"}
    found = {each.value: each.result for each in result.slices if each.variant == "int8"}
    assert {name: each.metric for name, each in found.items()} == dict.fromkeys("01", "accuracy-at-threshold")
    for name, each in found.items():
        assert each.value == pytest.approx(recall[name])
        assert each.delta == pytest.approx(recall[name] - was[name])


def test_one_class_alone_has_no_auc() -> None:
    result = _assess(np.zeros(5, dtype=int), {"float32": np.arange(5.0)[:, None]}, Task.BINARY, classes=2)
    auc = _of(result, "float32", "roc-auc")
    assert auc.value is None
    assert "one class" in auc.reason
    assert any("no threshold could be chosen: that of 2 is the median" in note for note in result.notes)
    given = _assess(np.zeros(5, dtype=int), {"float32": np.arange(5.0)[:, None]}, Task.BINARY, classes=2, threshold=3.5)
    assert not any("threshold" in note for note in given.notes)


def test_targets_that_are_all_the_same_have_no_variance_to_explain() -> None:
    """scikit-learn gives 0 for them, which looks like a model that explains nothing."""
    targets = np.full(6, 2.5)
    result = _assess(targets, {"float32": targets[:, None] + 0.1}, Task.REGRESSION, classes=0)
    explained = _of(result, "float32", "r2")
    assert explained.value is None
    assert "all the same" in explained.reason


def test_samples_that_changed_are_told_with_their_files() -> None:
    labels, outputs = np.array([0, 1, 2]), np.eye(CLASSES)[[0, 1, 2]]
    changed = np.eye(CLASSES)[[0, 3, 2]]
    files = ["cat/1.png", "dog/<b>.png", "emu/1.png"]
    result = _assess(labels, {"float32": outputs, "int8": changed}, columns={"file": files})
    (found,) = result.variants[1].changed
    assert (found.row, found.file, found.baseline, found.variant) == (1, "dog/<b>.png", "1", "3")


def test_different_rates_of_recordings_are_noted() -> None:
    outputs = {"float32": np.eye(CLASSES)[[0, 1, 2, 3]]}
    mixed = _assess(np.arange(4), outputs, columns={"sample_rate": ["16000", "8000", "8000", "16000"]})
    assert any("different rates (8000, 16000 Hz)" in note for note in mixed.notes)
    assert not _assess(np.arange(4), outputs, columns={"sample_rate": ["8000"] * 4}).notes


def test_an_unknown_metric_or_slice_is_told(labels: np.ndarray) -> None:
    outputs = {"float32": _noisy(labels, 2)}
    for name, words in (("accuracy", "is unknown"), ("mae", "is not one of classification")):
        with pytest.raises(SettingsError, match=words) as raised:
            _assess(labels, outputs, metric=name)
        assert "top-1" in (raised.value.hint or "")
    rooms = {"room": ["a"] * COUNT}
    with pytest.raises(DatasetError, match="no metadata column 'noise'") as missing:
        _assess(labels, outputs, slices=["noise"], columns=rooms)
    assert "room" in (missing.value.hint or "")
    with pytest.raises(DatasetError, match="room=b is empty"):
        _assess(labels, outputs, slices=["room=b"], columns=rooms)
    assert _assess(labels, outputs, slices=["room=a"], columns=rooms, metric="macro-f1").metric == "macro-f1"


def test_inputs_cut_off_by_the_quantized_range_are_noted(labels: np.ndarray) -> None:
    predictions = {"int8": replace(_predictions(_noisy(labels, 2)), saturated_share=0.2)}
    meaning = Meaning(task=Task.CLASSIFICATION, reconstructs=False, classes=CLASSES)
    result = assess(_dataset(labels), range(COUNT), predictions, meaning)
    assert any("another scale" in note for note in result.notes)
