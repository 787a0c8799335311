"""Predictions of all variants → AccuracyResult. Pure, seeded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy import statistics
from profiler.accuracy.choices import Task
from profiler.accuracy.datasets.model import FILE_COLUMN, RATE_COLUMN, Dataset
from profiler.accuracy.decisions import Trial, best_threshold, harm
from profiler.accuracy.metrics import Metric, chosen_metric
from profiler.accuracy.predict import Predictions
from profiler.accuracy.results import AccuracyResult, SliceResult, VariantAccuracy
from profiler.accuracy.slices import Slice, slices_of
from profiler.accuracy.task import Meaning
from profiler.accuracy.variant_accuracy import slice_result, variant_accuracy

Array = npt.NDArray[Any]
FALSE_DISCOVERY_RATE = 0.05
_SATURATION_NOTE_SHARE = 0.01
_NAMES_SHOWN = 10


def assess(
    dataset: Dataset,
    rows: Sequence[int],
    predictions: Mapping[str, Predictions],
    meaning: Meaning,
    *,
    slices: Sequence[str] = (),
    metric: str | None = None,
    threshold: float | None = None,
    seed: int = 0,
) -> AccuracyResult:
    """Metrics, deltas and intervals of every variant; the first of `predictions` is the baseline.

    Raises SettingsError for an unknown metric and DatasetError for slices that cannot be made.
    """
    main = chosen_metric(metric, meaning.task, meaning.classes)
    baseline = next(iter(predictions))
    before = predictions[baseline].outputs
    labels = dataset.labels[list(rows)]
    was_given = threshold is not None
    if meaning.task is Task.BINARY and threshold is None:
        threshold = best_threshold(labels, before[:, 0])
    trial = Trial(
        rows=rows,
        labels=labels,
        meaning=meaning,
        class_names=_class_names(dataset, meaning),
        threshold=threshold,
        seed=seed,
        files=dataset.columns.get(FILE_COLUMN, ()),
    )
    groups = slices_of(dataset, rows, slices, has_classes=meaning.task is not Task.REGRESSION)
    variants = tuple(
        variant_accuracy(name, each, None if name == baseline else before, trial) for name, each in predictions.items()
    )
    outputs = {name: each.outputs for name, each in predictions.items()}
    return AccuracyResult(
        dataset=dataset.path.name,
        dataset_format=dataset.format,
        samples=len(rows),
        samples_in_dataset=dataset.size,
        task=meaning.task,
        metric=main.name,
        higher_is_better=main.higher_is_better,
        baseline=baseline,
        threshold=threshold if meaning.task is Task.BINARY else None,
        class_names=trial.class_names,
        variants=variants,
        slices=_adjusted(list(_slices(outputs, groups, main, trial))),
        interval_method=statistics.CI_METHOD,
        slice_method=statistics.SLICE_METHOD,
        notes=(
            *_rate_notes(dataset),
            *_order_notes(dataset, meaning),
            *_threshold_notes(trial, was_given=was_given),
            *_notes(trial, variants),
        ),
    )


def _class_names(dataset: Dataset, meaning: Meaning) -> tuple[str, ...]:
    """A name for each class of the model; numbers for those that the dataset does not name."""
    if meaning.task is Task.REGRESSION or dataset.class_names is None:
        return ()
    return (*dataset.class_names, *map(str, range(len(dataset.class_names), meaning.classes)))


def _slices(
    outputs: Mapping[str, Array], groups: Sequence[Slice], metric: Metric, trial: Trial
) -> Iterator[SliceResult]:
    """Every variant on every slice, with p-values not adjusted yet."""
    baseline, before = next(iter(outputs.items()))
    for name, after in outputs.items():
        harmed = None if name == baseline else harm(before, after, trial)
        for group in groups:
            inside = group.inside
            p_value = None
            if harmed is not None:
                worse = harmed[inside].mean() > max(harmed.mean(), 0.0)  # what others won is no harm done here
                p_value = statistics.slice_p_value(harmed, inside, seed=trial.seed) if worse else 1.0
            earlier = None if harmed is None else before[inside]
            yield SliceResult(
                variant=name,
                column=group.column,
                value=group.value,
                samples=int(inside.sum()),
                result=slice_result(metric, trial.labels[inside], earlier, after[inside], trial),
                adjusted_p_value=p_value,
                called_out=False,
            )


def _adjusted(found: Sequence[SliceResult]) -> tuple[SliceResult, ...]:
    """All p-values adjusted together, as they were all looked at."""
    tested = [each.adjusted_p_value for each in found if each.adjusted_p_value is not None]
    values = iter(statistics.adjusted(tested))
    results = []
    for each in found:
        if each.adjusted_p_value is None:
            results.append(each)
            continue
        value = next(values)
        results.append(replace(each, adjusted_p_value=value, called_out=value < FALSE_DISCOVERY_RATE))
    return tuple(results)


def _order_notes(dataset: Dataset, meaning: Meaning) -> Iterator[str]:
    """What was taken for granted of names, which would make nonsense of all figures if it were wrong."""
    if not dataset.classes_guessed or dataset.class_names is None or meaning.task is Task.REGRESSION:
        return
    if meaning.task is Task.BINARY:
        what = f"high scores are taken to mean {dataset.class_names[1]!r}, the last class in alphabetical order"
    elif dataset.class_names == tuple(map(str, range(meaning.classes))):
        return
    else:
        what = f"classes are taken in alphabetical order: {', '.join(dataset.class_names[:_NAMES_SHOWN])}"
        what += ", …" if len(dataset.class_names) > _NAMES_SHOWN else ""
    yield f"{what} (--classes tells another)"


def _rate_notes(dataset: Dataset) -> Iterator[str]:
    rates = sorted(set(dataset.columns.get(RATE_COLUMN, ())), key=lambda rate: (len(rate), rate))
    if len(rates) > 1:
        yield f"samples have different rates ({', '.join(rates[:5])} Hz), and nothing resamples them"


def _threshold_notes(trial: Trial, *, was_given: bool) -> Iterator[str]:
    """One class alone tells nothing of where the other begins."""
    if trial.meaning.task is Task.BINARY and not was_given and len(np.unique(trial.labels)) < 2:
        yield (
            f"all samples are of one class, so no threshold could be chosen: that of {trial.threshold:.4g} is the "
            "median of the baseline's scores, and right and wrong decisions say nothing (--threshold)"
        )


def _notes(trial: Trial, variants: Sequence[VariantAccuracy]) -> Iterator[str]:
    empty = [name for number, name in enumerate(trial.class_names) if not (trial.labels == number).any()]
    if empty:
        what = "class has" if len(empty) == 1 else "classes have"
        yield f"{len(empty)} {what} no samples, so nothing is known of: {', '.join(empty[:10])}"
    for each in variants:
        if each.saturated_share > _SATURATION_NOTE_SHARE:
            yield (
                f"{each.variant}: {each.saturated_share:.1%} of the input values lie outside of what the quantized "
                "input can hold: the model was calibrated on data of another scale"
            )
