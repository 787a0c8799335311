"""Metrics of one variant: overall, per class, and of one slice."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy import statistics
from profiler.accuracy.choices import Task
from profiler.accuracy.decisions import Trial, decide
from profiler.accuracy.metrics import Metric, metrics_of, sklearn_metrics
from profiler.accuracy.predict import Predictions
from profiler.accuracy.results import ChangedDecision, ClassResult, MetricResult, VariantAccuracy

Array = npt.NDArray[Any]
AT_THRESHOLD = "accuracy-at-threshold"
_CHANGED_LIMIT = 1000


def variant_accuracy(name: str, predicted: Predictions, before: Array | None, trial: Trial) -> VariantAccuracy:
    """All of one variant; `before` are the baseline's outputs, None of the baseline itself."""
    after, labels = predicted.outputs, trial.labels
    kinds = metrics_of(trial.meaning.task, trial.meaning.classes)
    results = [metric_result(each, labels, before, after, trial.seed) for each in kinds]
    common: dict[str, Any] = {
        "variant": name,
        "engine": predicted.engine,
        "saturated_share": predicted.saturated_share,
    }
    decided = decide(after, trial)
    if decided is None:
        return VariantAccuracy(**common, metrics=tuple(results))
    earlier = decided if before is None else decide(before, trial)
    assert earlier is not None
    right, right_before = _right(decided, labels), _right(earlier, labels)
    if trial.meaning.task is Task.BINARY:
        results.append(_at_threshold(labels, before, after, trial))
    changed = np.flatnonzero(earlier != decided)
    return VariantAccuracy(
        **common,
        metrics=tuple(results),
        classes=_classes(labels, decided, trial.class_names),
        confusion=_confusion(labels, decided, len(trial.class_names)),
        changed=tuple(_changed(int(at), earlier, decided, trial) for at in changed[:_CHANGED_LIMIT]),
        changed_count=len(changed),
        lost=int(np.sum(right_before > right)),
        won=int(np.sum(right > right_before)),
        mcnemar_p_value=None if before is None else statistics.mcnemar(right_before, right),
    )


def metric_result(metric: Metric, labels: Array, before: Array | None, after: Array, seed: int) -> MetricResult:
    """The metric with its intervals; without a value where these samples cannot tell it."""
    try:
        value = metric.value(labels, after)
        delta = None if before is None else value - metric.value(labels, before)
    except ValueError as error:
        return MetricResult(metric=metric.name, value=None, reason=str(error))
    paired = None if before is None else statistics.paired_interval(metric, labels, before, after, seed=seed)
    own = _own_interval(metric, labels, after, seed)
    return MetricResult(metric=metric.name, value=value, interval=own, delta=delta, delta_interval=paired)


def _own_interval(metric: Metric, labels: Array, outputs: Array, seed: int) -> statistics.Interval | None:
    """Of a metric that is a mean over samples."""
    if metric.per_sample is None:
        return None
    interval = statistics.share_interval if metric.is_share else statistics.mean_interval
    return interval(metric.per_sample(labels, outputs), seed=seed)


def slice_result(metric: Metric, labels: Array, before: Array | None, after: Array, trial: Trial) -> MetricResult:
    """The metric of a slice; where one class alone is in it, areas under curves are not told: right decisions then."""
    if trial.meaning.task is Task.BINARY and len(np.unique(labels)) == 1:
        return _at_threshold(labels, before, after, trial)
    return metric_result(metric, labels, before, after, trial.seed)


def _right(decided: Array | None, labels: Array) -> Array:
    right: Array = np.asarray(decided == labels).astype(np.float64)
    return right


def _changed(at: int, earlier: Array, decided: Array, trial: Trial) -> ChangedDecision:
    names, row = trial.class_names, trial.rows[at]
    return ChangedDecision(
        row=row,
        file=trial.files[row] if trial.files else "",
        label=names[trial.labels[at]],
        baseline=names[earlier[at]],
        variant=names[decided[at]],
    )


def _at_threshold(labels: Array, before: Array | None, after: Array, trial: Trial) -> MetricResult:
    """Share of right decisions of a binary task."""
    right = _right(decide(after, trial), labels)
    change = None if before is None else right - _right(decide(before, trial), labels)
    return MetricResult(
        metric=AT_THRESHOLD,
        value=float(right.mean()),
        interval=statistics.share_interval(right, seed=trial.seed),
        delta=None if change is None else float(change.mean()),
        delta_interval=None if change is None else statistics.change_interval(change, seed=trial.seed),
    )


def _classes(labels: Array, decided: Array, names: tuple[str, ...]) -> tuple[ClassResult, ...]:
    score = sklearn_metrics().precision_recall_fscore_support
    precision, recall, _, support = score(labels, decided, labels=list(range(len(names))), zero_division=np.nan)
    return tuple(
        ClassResult(
            name=name,
            samples=int(support[number]),
            precision=None if np.isnan(precision[number]) else float(precision[number]),
            recall=None if np.isnan(recall[number]) else float(recall[number]),
        )
        for number, name in enumerate(names)
    )


def _confusion(labels: Array, decided: Array, classes: int) -> tuple[tuple[int, ...], ...]:
    matrix = sklearn_metrics().confusion_matrix(labels, decided, labels=list(range(classes)))
    return tuple(tuple(int(count) for count in row) for row in matrix)
