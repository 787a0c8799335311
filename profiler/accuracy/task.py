"""What a model's outputs mean on a dataset: told by the user, or by the labels and the sizes of input and output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from profiler.accuracy.choices import Task
from profiler.accuracy.datasets.model import Dataset, require_labels_in_range
from profiler.accuracy.predict import endpoints
from profiler.errors import DatasetError
from profiler.graph.model import Graph


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """`reconstructs`: the model gives its input back, and the error of that is the score. `classes` of the model."""

    task: Task
    reconstructs: bool
    classes: int


def meaning_of(dataset: Dataset, graph: Graph, asked: Task | None = None) -> Meaning:
    """Raises DatasetError when labels are no classes the model has, or not what the task needs."""
    source, target = endpoints(graph)
    reconstructs = source.elements == target.elements and target.elements > 1
    task = asked or _guess(dataset, target.elements, reconstructs=reconstructs)
    if task is Task.REGRESSION:
        values = dataset.labels[0].size
        if values != target.elements:
            raise DatasetError(
                f"{dataset.path} has {values} targets a sample, the model {target.elements} outputs",
                hint="whole numbers, one a sample, are classes: name the task with --task",
            )
        return Meaning(task=task, reconstructs=False, classes=0)
    if dataset.class_names is None:
        raise DatasetError(
            f"{dataset.path}: {task.value} needs classes, the labels are real numbers", hint="use --task regression"
        )
    if task is Task.BINARY and target.elements > 1 and not reconstructs:
        raise DatasetError(
            f"a binary task has one output, the model has {target.elements}",
            hint="outputs of which the largest is the decision are --task classification",
        )
    classes = 2 if task is Task.BINARY else target.elements
    _require_known_order(dataset, classes)
    require_labels_in_range(dataset, classes)
    return Meaning(task=task, reconstructs=reconstructs and task is Task.BINARY, classes=classes)


def _require_known_order(dataset: Dataset, classes: int) -> None:
    """Raises DatasetError where a class is missing or too many: names in alphabetical order would be shifted."""
    names = dataset.class_names or ()
    if dataset.classes_guessed and len(names) != classes:
        raise DatasetError(
            f"{dataset.path} names {len(names)} classes ({', '.join(names)[:200]}), the model has {classes}: which of "
            "its outputs is which class?",
            hint="name all classes in the model's order: --classes",
        )


def _guess(dataset: Dataset, outputs: int, *, reconstructs: bool) -> Task:
    if dataset.class_names is None:
        return Task.REGRESSION
    binary = bool(np.all((dataset.labels == 0) | (dataset.labels == 1)))
    if binary and (outputs == 1 or reconstructs):
        return Task.BINARY
    return Task.REGRESSION if outputs == 1 else Task.CLASSIFICATION
