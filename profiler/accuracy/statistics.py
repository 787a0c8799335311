"""How sure a difference is: paired bootstrap, exact McNemar test, permutation test, and many tests at once. Seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.metrics import Metric
from profiler.errors import MissingPackageError

Array = npt.NDArray[Any]
CONFIDENCE = 0.95
RESAMPLES = 2000
SLOW_RESAMPLES = 500  # of metrics that look at every sample for each
PERMUTATIONS = 4999
# Added to the samples of a share, and to its changes: a bootstrap of few samples with fewer changes knows nothing of
# what it did not see, and its 95% intervals hold in half of all cases (Agresti and Coull 1998, Agresti and Min 2005).
SHARE_PRIOR = (1.0, 1.0, 0.0, 0.0)
CHANGE_PRIOR = (-1.0, 1.0)
CI_METHOD = (
    f"paired bootstrap, percentiles, {RESAMPLES} resamples ({SLOW_RESAMPLES} for ROC AUC, RMSE and R²); of shares with "
    "two right and two wrong decisions added, of their changes with one lost and one won"
)
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
        change = metric.per_sample(labels, after) - metric.per_sample(labels, before)
        return change_interval(change, seed=seed) if metric.is_share else mean_interval(change, seed=seed)
    if metric.of_counts is not None:
        return _counts_interval(metric.of_counts, labels, before, after, seed=seed)
    rng = np.random.default_rng(seed)
    changes = []
    for _ in range(SLOW_RESAMPLES):
        rows = rng.integers(0, len(labels), len(labels))
        try:
            changes.append(metric.value(labels[rows], after[rows]) - metric.value(labels[rows], before[rows]))
        except ValueError:  # a resample with one class
            continue
    return _percentiles(np.array(changes)) if len(changes) > SLOW_RESAMPLES // 2 else None


def _batches(resamples: int, elements: int) -> Iterator[int]:
    """How many resamples of so many elements each to compute at once."""
    largest = max(1, _BATCH_ELEMENTS // elements)
    for start in range(0, resamples, largest):
        yield min(largest, resamples - start)


def _counts_interval(
    of_counts: Callable[[Array, Array, Array], Array], labels: Array, before: Array, after: Array, *, seed: int
) -> Interval:
    """Resamples drawn as counts of (class, decision before, decision after): the same bootstrap, faster."""
    triples = np.stack([labels, before.argmax(axis=1), after.argmax(axis=1)], axis=1)
    kinds, counts = np.unique(triples, axis=0, return_counts=True)
    true, was, now = kinds.T
    classes = np.unique(kinds)  # the others have neither samples nor decisions
    rng = np.random.default_rng(seed)
    changes: list[Array] = []
    for size in _batches(RESAMPLES, max(len(classes), len(kinds))):
        drawn = rng.multinomial(len(labels), counts / len(labels), size=size)
        support = _by_class(drawn, true, classes)
        changes.append(
            of_counts(_by_class(drawn * (true == now), true, classes), support, _by_class(drawn, now, classes))
            - of_counts(_by_class(drawn * (true == was), true, classes), support, _by_class(drawn, was, classes))
        )
    return _percentiles(np.concatenate(changes))


def _by_class(drawn: Array, kinds: Array, classes: Array) -> Array:
    """Counts [resamples, classes] of counts [resamples, kinds]; `kinds` tells each one's class, out of `classes`."""
    order = np.argsort(kinds, kind="stable")
    present, starts = np.unique(kinds[order], return_index=True)
    sums: Array = np.zeros((len(drawn), len(classes)))
    sums[:, np.searchsorted(classes, present)] = np.add.reduceat(drawn[:, order], starts, axis=1)
    return sums


def share_interval(right: Array, *, seed: int) -> Interval:
    """Of the mean of zeros and ones; reaches from 0 to 1 at most, and is never a point."""
    return mean_interval(np.concatenate([right, SHARE_PRIOR]), seed=seed)


def change_interval(change: Array, *, seed: int) -> Interval:
    """Of the mean of −1 (lost), 0 and 1 (won); never a point, as no change among few samples does not exclude any."""
    return mean_interval(np.concatenate([change, CHANGE_PRIOR]), seed=seed)


def mean_interval(values: Array, *, seed: int) -> Interval:
    """Of the mean, by bootstrap percentiles."""
    rng = np.random.default_rng(seed)
    count = len(values)
    means = [values[rng.integers(0, count, (size, count))].mean(axis=1) for size in _batches(RESAMPLES, count)]
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
    # The fewer of those inside and outside are drawn: the sum of one tells that of the other.
    fewer = min(count, len(values) - count)
    sums = np.array([values[_drawn(rng, len(values), fewer)].sum() for _ in range(PERMUTATIONS)])
    return sums if fewer == count else values.sum() - sums


def _drawn(rng: np.random.Generator, total: int, count: int) -> Array:
    rows: Array = rng.choice(total, count, replace=False, shuffle=False)
    return rows


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
