"""Which samples belong together: by class, and by any column of metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from profiler.accuracy.datasets.model import Dataset
from profiler.errors import DatasetError

CLASS_COLUMN = "class"
_VALUES_LIMIT = 200  # of one column: more are no groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Positions (booleans) of the evaluated samples whose `column` is `value`."""

    column: str
    value: str
    inside: npt.NDArray[np.bool_]


def slices_of(dataset: Dataset, rows: Sequence[int], asked: Sequence[str], *, has_classes: bool) -> tuple[Slice, ...]:
    """A slice per class with samples where labels are classes, then those of each `asked` COLUMN, or COLUMN=VALUE.

    Raises DatasetError for a column that is not there or has too many values, and for a value without a sample.
    """
    found = _class_slices(dataset, rows) if has_classes else []
    for text in asked:
        column, _, value = text.partition("=")
        if column == CLASS_COLUMN and has_classes:
            continue
        if column not in dataset.columns:
            known = ", ".join(dataset.columns) or "none; tables: name it with --metadata if it is a number"
            raise DatasetError(f"{dataset.path} has no metadata column {column!r}", hint=f"columns are: {known}")
        found.extend(_column_slices(dataset, rows, column, value if "=" in text else None))
    return tuple(found)


def _class_slices(dataset: Dataset, rows: Sequence[int]) -> list[Slice]:
    if dataset.class_names is None:
        return []
    labels: npt.NDArray[Any] = dataset.labels[list(rows)]
    return [
        Slice(column=CLASS_COLUMN, value=dataset.class_names[number], inside=labels == number)
        for number in np.unique(labels).tolist()
    ]


def _column_slices(dataset: Dataset, rows: Sequence[int], column: str, wanted: str | None) -> list[Slice]:
    texts = np.array([dataset.columns[column][row] for row in rows], dtype=object)
    values = sorted(set(texts.tolist()))
    if wanted is not None:
        if wanted not in values:
            shown = ", ".join(values[:10])
            raise DatasetError(f"slice {column}={wanted} is empty: no sample has that", hint=f"values are: {shown}")
        values = [wanted]
    if len(values) > _VALUES_LIMIT:
        raise DatasetError(
            f"column {column!r} has {len(values)} values, which make no groups", hint=f"ask for one: {column}=VALUE"
        )
    return [Slice(column=column, value=value, inside=np.asarray(texts == value)) for value in values]
