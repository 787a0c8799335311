"""Accuracy as it is reported: per variant, class and slice, with deltas, intervals and the samples that changed."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.accuracy.choices import Task
from profiler.accuracy.statistics import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricResult:
    """A metric of one variant. `value` is None where the samples cannot tell it, for the `reason`.

    `delta` is against the baseline variant, on the same samples; None of the baseline itself.
    """

    metric: str
    value: float | None
    reason: str = ""
    interval: Interval | None = None  # of the value, where it is a mean
    delta: float | None = None
    delta_interval: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassResult:
    """One class of one variant. Precision is None when nothing was decided so, recall when the class has no samples."""

    name: str  # untrusted text
    samples: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDecision:
    """A sample that a variant decides otherwise than the baseline. `row` counts the dataset's samples from 0.

    `file` is the sample's, below the dataset's folder, where samples are files; untrusted text as the names of classes.
    """

    row: int
    label: str
    baseline: str
    variant: str
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantAccuracy:
    """All that is known of one variant on the dataset.

    `confusion[true][decided]` counts samples; empty for regression. `changed` lists the first decisions that changed,
    `changed_count` counts all. `mcnemar_p_value` is of right decisions lost and won against the baseline.
    """

    variant: str
    engine: str  # the interpreter that gave the outputs
    metrics: tuple[MetricResult, ...]
    classes: tuple[ClassResult, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    changed: tuple[ChangedDecision, ...] = ()
    changed_count: int = 0
    lost: int = 0  # right in the baseline, wrong here
    won: int = 0
    mcnemar_p_value: float | None = None
    saturated_share: float = 0.0  # of input values that the quantized input cannot hold


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceResult:
    """The main metric of one variant on the samples whose `column` is `value`; of binary scores in a slice of one class
    alone, which no area under a curve can tell, the accuracy at the threshold: `result.metric` says which.

    `adjusted_p_value` says how likely such harm beyond that of the other samples is by chance, over all slices asked
    for; `called_out` when it is below 5% and the slice is worse off than the rest.
    """

    variant: str
    column: str  # "class" for the class itself
    value: str  # untrusted text
    samples: int
    result: MetricResult
    adjusted_p_value: float | None
    called_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyResult:
    """Every variant on one dataset."""

    dataset: str
    dataset_format: str
    samples: int
    samples_in_dataset: int
    task: Task
    metric: str  # the main one: of slices
    higher_is_better: bool
    baseline: str
    threshold: float | None  # of binary scores: the baseline's best, unless it was given
    class_names: tuple[str, ...]
    variants: tuple[VariantAccuracy, ...]
    slices: tuple[SliceResult, ...]
    interval_method: str
    slice_method: str
    notes: tuple[str, ...]

    @property
    def called_out(self) -> tuple[SliceResult, ...]:
        """Slices that a variant hurts significantly more than the rest."""
        return tuple(each for each in self.slices if each.called_out)
