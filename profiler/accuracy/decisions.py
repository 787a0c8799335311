"""From outputs to decisions, and what a changed output does to a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.choices import Task
from profiler.accuracy.metrics import sklearn_metrics
from profiler.accuracy.task import Meaning

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What all variants are judged on. `class_names` has a name for each class of the model; empty for regression.

    `files` has the dataset's files by number of the sample; empty where samples are no files.
    """

    rows: Sequence[int]
    labels: Array
    meaning: Meaning
    class_names: tuple[str, ...]
    threshold: float | None  # of binary tasks
    seed: int
    files: Sequence[str] = ()


def decide(outputs: Array, trial: Trial) -> Array | None:
    """Class numbers; None for regression."""
    if trial.meaning.task is Task.CLASSIFICATION:
        largest: Array = outputs.argmax(axis=1)
        return largest
    if trial.meaning.task is Task.BINARY:
        above: Array = (outputs[:, 0] >= trial.threshold).astype(np.int64)
        return above
    return None


def harm(before: Array, after: Array, trial: Trial) -> Array:
    """Per sample: 1 for a right decision lost, −1 for one won; of regression the growth of the absolute error."""
    was, now = decide(before, trial), decide(after, trial)
    if was is None or now is None:
        target = trial.labels.reshape(after.shape)
        grown: Array = (np.abs(after - target) - np.abs(before - target)).mean(axis=1)
        return grown
    lost: Array = (was == trial.labels).astype(np.float64) - (now == trial.labels).astype(np.float64)
    return lost


def best_threshold(labels: Array, scores: Array) -> float:
    """The score from which on class 1 is decided with the best mean recall of both classes (Youden's J)."""
    if len(np.unique(labels)) < 2:
        return float(np.median(scores))
    false_rate, true_rate, thresholds = sklearn_metrics().roc_curve(labels, scores, drop_intermediate=False)
    best = int(np.argmax(true_rate[1:] - false_rate[1:])) + 1  # the first threshold is infinite
    return float(thresholds[best])
