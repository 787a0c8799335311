"""Metrics of a model's outputs, one row each in one table; values are scikit-learn's.

`labels` are class numbers or targets, `outputs` [samples, values] real numbers; of BINARY tasks one score per sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import MetricName, Task
from profiler.errors import MissingPackageError, SettingsError

Array = npt.NDArray[Any]
PAUC_MAX_FALSE_POSITIVE_RATE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """`value` raises ValueError where the samples cannot tell it. `per_sample` has it as a mean, when it is one.

    `of_counts` gives it of many resamples at once, when it depends on no more than right decisions, samples, and
    decisions, [resamples, classes] each.
    """

    name: MetricName
    task: Task
    what: str
    higher_is_better: bool
    value: Callable[[Array, Array], float]
    per_sample: Callable[[Array, Array], Array] | None = None
    of_counts: Callable[[Array, Array, Array], Array] | None = None
    is_share: bool = True  # 0 to 1, shown in percent


def sklearn_metrics() -> Any:
    """scikit-learn's module of metrics. Raises MissingPackageError."""
    try:
        from sklearn import metrics
    except ImportError as error:
        raise MissingPackageError(
            "accuracy is computed by scikit-learn, which is not installed", hint="pip install 'cortexm-profiler[data]'"
        ) from error
    return metrics


def correct(labels: Array, outputs: Array) -> Array:
    """Whether each sample's largest output is its class, as 0.0 or 1.0; the first of equal ones counts."""
    right: Array = (outputs.argmax(axis=1) == labels).astype(np.float64)
    return right


def top_k(k: int) -> Callable[[Array, Array], Array]:
    """Whether each sample's class is among its `k` largest outputs; of equal ones the first count."""

    def hits(labels: Array, outputs: Array) -> Array:
        best = np.argsort(-outputs, axis=1, kind="stable")[:, :k]
        among: Array = (best == labels[:, None]).any(axis=1).astype(np.float64)
        return among

    return hits


def _mean(per_sample: Callable[[Array, Array], Array]) -> Callable[[Array, Array], float]:
    return lambda labels, outputs: float(per_sample(labels, outputs).mean())


def _macro(name: str) -> Callable[[Array, Array], float]:
    """Unweighted mean over the classes that have samples."""

    def value(labels: Array, outputs: Array) -> float:
        score = getattr(sklearn_metrics(), name)
        present = np.unique(labels)
        return float(score(labels, outputs.argmax(axis=1), labels=present, average="macro", zero_division=0))

    return value


def _macro_of_counts(which: str) -> Callable[[Array, Array, Array], Array]:
    """As `_macro`: what has no true sample is left out of the mean, what cannot be divided is 0."""

    def values(right: Array, support: Array, decided: Array) -> Array:
        over = {"precision": decided, "recall": support, "f1": support + decided}[which]
        share = (2 if which == "f1" else 1) * right / np.maximum(over, 1)
        present = support > 0
        means: Array = (share * present).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
        return means

    return values


def _auc(max_fpr: float | None) -> Callable[[Array, Array], float]:
    def value(labels: Array, outputs: Array) -> float:
        if len(np.unique(labels)) < 2:
            raise ValueError("only one class has samples")
        return float(sklearn_metrics().roc_auc_score(labels, outputs[:, 0], max_fpr=max_fpr))

    return value


def _absolute_error(labels: Array, outputs: Array) -> Array:
    errors: Array = np.abs(_targets(labels, outputs) - outputs).mean(axis=1)
    return errors


def _targets(labels: Array, outputs: Array) -> Array:
    return labels.reshape(outputs.shape)


def _rmse(labels: Array, outputs: Array) -> float:
    return float(sklearn_metrics().root_mean_squared_error(_targets(labels, outputs), outputs))


def _r2(labels: Array, outputs: Array) -> float:
    if len(labels) < 2:
        raise ValueError("R² needs two samples or more")
    if not np.ptp(_targets(labels, outputs), axis=0).all():
        raise ValueError("targets are all the same: there is no variance to explain")
    return float(sklearn_metrics().r2_score(_targets(labels, outputs), outputs))


def _metric(name: MetricName, task: Task, what: str, value: Callable[[Array, Array], float], **more: Any) -> Metric:
    return Metric(name=name, task=task, what=what, value=value, **{"higher_is_better": True, **more})


_ROWS = (
    _metric(MetricName.TOP_1, Task.CLASSIFICATION, "share of right decisions", _mean(correct), per_sample=correct),
    _metric(
        MetricName.TOP_3, Task.CLASSIFICATION, "class among the 3 largest outputs", _mean(top_k(3)), per_sample=top_k(3)
    ),
    _metric(
        MetricName.TOP_5, Task.CLASSIFICATION, "class among the 5 largest outputs", _mean(top_k(5)), per_sample=top_k(5)
    ),
    _metric(
        MetricName.MACRO_PRECISION,
        Task.CLASSIFICATION,
        "mean precision of the classes",
        _macro("precision_score"),
        of_counts=_macro_of_counts("precision"),
    ),
    _metric(
        MetricName.MACRO_RECALL,
        Task.CLASSIFICATION,
        "mean recall of the classes",
        _macro("recall_score"),
        of_counts=_macro_of_counts("recall"),
    ),
    _metric(
        MetricName.MACRO_F1,
        Task.CLASSIFICATION,
        "mean F1 of the classes",
        _macro("f1_score"),
        of_counts=_macro_of_counts("f1"),
    ),
    _metric(MetricName.ROC_AUC, Task.BINARY, "area under the ROC curve", _auc(None)),
    _metric(
        MetricName.PAUC,
        Task.BINARY,
        "standardized area below a false-positive rate of 0.1",
        _auc(PAUC_MAX_FALSE_POSITIVE_RATE),
    ),
    _metric(
        MetricName.MAE,
        Task.REGRESSION,
        "mean absolute error",
        _mean(_absolute_error),
        per_sample=_absolute_error,
        higher_is_better=False,
        is_share=False,
    ),
    _metric(
        MetricName.RMSE,
        Task.REGRESSION,
        "root of the mean squared error",
        _rmse,
        higher_is_better=False,
        is_share=False,
    ),
    _metric(MetricName.R2, Task.REGRESSION, "share of the variance explained", _r2, is_share=False),
)
METRICS: Mapping[str, Metric] = {row.name: row for row in _ROWS}


def metrics_of(task: Task, classes: int) -> tuple[Metric, ...]:
    """The metrics that say something of a task, the main one first; top-k only where k leaves a class out."""
    rows = (row for row in _ROWS if row.task is task)
    return tuple(row for row in rows if not row.name.startswith("top-") or int(row.name[4:]) < max(classes, 2))


def chosen_metric(name: str | None, task: Task, classes: int) -> Metric:
    """The metric that slices are compared by. Raises SettingsError for one that is unknown or not of the task."""
    possible = metrics_of(task, classes)
    if name is None:
        return possible[0]
    for metric in possible:
        if metric.name == name:
            return metric
    known = ", ".join(metric.name for metric in possible)
    reason = f"is not one of {task.value}" if name in METRICS else "is unknown"
    raise SettingsError(f"metric {name!r} {reason}", hint=f"choose of: {known}")
