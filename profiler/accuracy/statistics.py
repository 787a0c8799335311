"""How sure a difference is: paired bootstrap, exact McNemar test, permutation test, and many tests at once. Seeded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.metrics import Metric
from profiler.errors import MissingPackageError

Array = npt.NDArray[Any]
CONFIDENCE = 0.95
RESAMPLES = 2000
SLOW_RESAMPLES = 500  # of metrics that have to be computed anew for each
PERMUTATIONS = 4999
CI_METHOD = f"paired bootstrap, percentiles, {RESAMPLES} resamples ({SLOW_RESAMPLES} for ROC AUC, RMSE and R²)"
SLICE_METHOD = (
    f"one-sided permutation test ({PERMUTATIONS} permutations) of the harm done in the slice against the rest, "
    "Benjamini-Yekutieli over all slices and variants, false discovery rate 5%"
)
_BATCH_ELEMENTS = 2_000_000
_FEW_VALUES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95% confidence interval."""

    low: float
    high: float


def paired_interval(metric: Metric, labels: Array, before: Array, after: Array, *, seed: int) -> Interval | None:
    """Of the metric's change from `before` to `after` on the same samples; None when resamples cannot tell it."""
    if metric.per_sample is not None:
        return mean_interval(metric.per_sample(labels, after) - metric.per_sample(labels, before), seed=seed)
    if metric.of_confusion is not None:
        return _confusion_interval(metric.of_confusion, labels, before, after, seed=seed)
    rng = np.random.default_rng(seed)
    changes = []
    for _ in range(SLOW_RESAMPLES):
        rows = rng.integers(0, len(labels), len(labels))
        try:
            changes.append(metric.value(labels[rows], after[rows]) - metric.value(labels[rows], before[rows]))
        except ValueError:  # a resample with one class
            continue
    return _percentiles(np.array(changes)) if len(changes) > SLOW_RESAMPLES // 2 else None


def _confusion_interval(
    of_confusion: Callable[[Array], Array], labels: Array, before: Array, after: Array, *, seed: int
) -> Interval:
    """Resamples drawn as counts of (class, decision before, decision after): the same bootstrap, faster."""
    classes = before.shape[1]
    triples = np.stack([labels, before.argmax(axis=1), after.argmax(axis=1)], axis=1)
    kinds, counts = np.unique(triples, axis=0, return_counts=True)
    rng = np.random.default_rng(seed)
    changes: list[Array] = []
    per_batch = max(1, _BATCH_ELEMENTS // (classes * classes + len(kinds)))
    for start in range(0, RESAMPLES, per_batch):
        drawn = rng.multinomial(len(labels), counts / len(labels), size=min(per_batch, RESAMPLES - start))
        was, now = (_matrices(drawn, kinds[:, 0], kinds[:, column], classes) for column in (1, 2))
        changes.append(of_confusion(now) - of_confusion(was))
    return _percentiles(np.concatenate(changes))


def _matrices(drawn: Array, true: Array, decided: Array, classes: int) -> Array:
    """Confusion matrices [resamples, true, decided] of counts [resamples, kinds]."""
    cells = np.zeros((len(true), classes * classes))
    cells[np.arange(len(true)), true * classes + decided] = 1
    matrices: Array = (drawn @ cells).reshape(-1, classes, classes)
    return matrices


def mean_interval(values: Array, *, seed: int) -> Interval:
    """Of the mean, by bootstrap percentiles."""
    rng = np.random.default_rng(seed)
    count = len(values)
    per_batch = max(1, _BATCH_ELEMENTS // count)
    means: list[Array] = []
    for start in range(0, RESAMPLES, per_batch):
        rows = rng.integers(0, count, (min(per_batch, RESAMPLES - start), count))
        means.append(values[rows].mean(axis=1))
    return _percentiles(np.concatenate(means))


def _percentiles(values: Array) -> Interval:
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(low=float(low), high=float(high))


def mcnemar(correct_before: Array, correct_after: Array) -> float:
    """p-value that right decisions lost and won are equally likely: exact, two-sided."""
    lost = int(np.sum(correct_before > correct_after))
    won = int(np.sum(correct_after > correct_before))
    if lost + won == 0:
        return 1.0
    return float(_scipy_stats().binomtest(lost, lost + won, 0.5).pvalue)


def slice_p_value(harm: Array, inside: Array, *, seed: int) -> float:
    """p-value that the samples `inside` (booleans) were harmed no more than the rest; 1 when there is no rest."""
    count = int(inside.sum())
    if count in (0, len(harm)):
        return 1.0
    observed = harm[inside].mean() - harm[~inside].mean()
    total, rest = harm.sum(), len(harm) - count
    sums = _random_sums(harm, count, np.random.default_rng(seed))
    reached = int(np.sum(sums / count - (total - sums) / rest >= observed - 1e-12))
    return (reached + 1) / (PERMUTATIONS + 1)


def _random_sums(values: Array, count: int, rng: np.random.Generator) -> Array:
    """Sums of `count` values drawn without replacement, PERMUTATIONS times."""
    distinct, frequencies = np.unique(values, return_counts=True)
    if len(distinct) <= _FEW_VALUES:  # as of right and wrong decisions: how many of each were drawn is all that counts
        drawn: Array = rng.multivariate_hypergeometric(frequencies, count, size=PERMUTATIONS) @ distinct
        return drawn
    return np.array([values[rng.permutation(len(values))[:count]].sum() for _ in range(PERMUTATIONS)])


def adjusted(p_values: list[float]) -> list[float]:
    """p-values that may be compared with the false discovery rate, whatever the tests' dependence."""
    if not p_values:
        return []
    return [float(value) for value in _scipy_stats().false_discovery_control(p_values, method="by")]


def _scipy_stats() -> Any:
    try:
        from scipy import stats
    except ImportError as error:
        raise MissingPackageError(
            "significance is computed by SciPy, which is not installed", hint="pip install 'cortexm-profiler[data]'"
        ) from error
    return stats
