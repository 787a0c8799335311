"""Metrics of many resamples at once, a resample being how often each sample was drawn: what scikit-learn gives, faster.

`weights` are [resamples, samples], each row summing to the number of samples. A resample that cannot tell the metric,
as one of a single class, is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
OfWeights = Callable[[Array, Array], Callable[[Array], Array]]  # (labels, outputs) → (weights → values)


def weighted_auc(max_false_positive_rate: float | None) -> OfWeights:
    """Area under the ROC curve; with a limit, the part below it, standardized as McClish does (0.5: chance)."""

    def prepare(labels: Array, outputs: Array) -> Callable[[Array], Array]:
        order = np.argsort(-outputs[:, 0], kind="stable")
        scores, is_positive = outputs[order, 0], labels[order] == 1
        starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])  # equal scores are one point of the curve

        def values(weights: Array) -> Array:
            drawn = weights[:, order].astype(np.float64)
            with np.errstate(invalid="ignore", divide="ignore"):
                false_rates, true_rates = (
                    _rates(np.where(those, drawn, 0.0), starts) for those in (~is_positive, is_positive)
                )
            return _area(false_rates, true_rates, 1.0 if max_false_positive_rate is None else max_false_positive_rate)

        return values

    return prepare


def _rates(drawn: Array, starts: Array) -> Array:
    """The share of all that is above each threshold, beginning with 0."""
    counts = np.cumsum(np.add.reduceat(drawn, starts, axis=1), axis=1)
    rates: Array = np.concatenate([np.zeros((len(counts), 1)), counts], axis=1) / counts[:, -1:]
    return rates


def _area(false_rates: Array, true_rates: Array, limit: float) -> Array:
    """Trapezoids up to the limit, the one that crosses it in part."""
    wide, high = np.diff(false_rates, axis=1), np.diff(true_rates, axis=1)
    inside = np.clip(limit - false_rates[:, :-1], 0.0, wide)
    slope = np.divide(high, wide, out=np.zeros_like(high), where=wide > 0)
    area: Array = (inside * (true_rates[:, :-1] + slope * inside / 2)).sum(axis=1)
    if limit < 1:
        chance = limit**2 / 2
        area = (1 + (area - chance) / (limit - chance)) / 2
    return np.where(np.isnan(true_rates[:, -1]) | np.isnan(false_rates[:, -1]), np.nan, area)


def weighted_rmse(targets: Array, outputs: Array) -> Callable[[Array], Array]:
    """Root of the mean squared error, of several outputs the mean of their roots."""
    squares = (targets - outputs) ** 2

    def values(weights: Array) -> Array:
        means: Array = np.sqrt(weights @ squares / len(squares)).mean(axis=1)
        return means

    return values


def weighted_r2(targets: Array, outputs: Array) -> Callable[[Array], Array]:
    """R², of several outputs their mean; of constant targets 1 when all are met, else 0."""
    squares = (targets - outputs) ** 2
    centred = targets - targets.mean(axis=0)  # a variance does not change, but is less of a difference of large numbers

    def values(weights: Array) -> Array:
        count = len(targets)
        unexplained = weights @ squares / count
        variance = weights @ centred**2 / count - (weights @ centred / count) ** 2
        is_constant = variance <= 1e-12 * (centred**2).max(axis=0, initial=0.0)
        known = 1 - np.divide(unexplained, variance, out=np.zeros_like(variance), where=~is_constant)
        means: Array = np.where(is_constant, np.where(unexplained == 0, 1.0, 0.0), known).mean(axis=1)
        return means

    return values
