"""Accuracies that were measured elsewhere, by model: a small JSON file that the gate reads limits on accuracy against.

`{"models": {"kws_int8.tflite": {"accuracy": 0.912, "reference": 0.917}}}`: shares of 1, `reference` that of the model
before it was quantized; what was lost is their difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from profiler.errors import BudgetError
from profiler.gate.metrics import ACCURACY, ACCURACY_LOSS
from profiler.report.profile import Basis, Figure

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAccuracy:
    """Of one model: shares of right answers. `reference` is what the loss is counted from; None: not known."""

    accuracy: Share
    reference: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyFile:
    """Accuracies by model name, as budgets call it."""

    models: Mapping[str, ModelAccuracy] = field(default_factory=dict)

    def figures(self, model: str) -> dict[str, Figure]:
        """What joins the model's snapshot; nothing for a model that is not in the file."""
        found = self.models.get(model)
        if found is None:
            return {}
        figures = {ACCURACY: Figure(value=found.accuracy, basis=Basis.HOST)}
        if found.reference is not None:
            figures[ACCURACY_LOSS] = Figure(value=found.reference - found.accuracy, basis=Basis.HOST)
        return figures


def read_accuracies(path: Path) -> AccuracyFile:
    """The file's contents. Raises BudgetError."""
    hint = 'write {"models": {"NAME": {"accuracy": 0.91, "reference": 0.92}}}'
    try:
        return TypeAdapter(AccuracyFile).validate_json(path.read_bytes(), extra="forbid")
    except OSError as error:
        raise BudgetError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise BudgetError(f"{path} is no accuracy file: {where}: {first['msg']}", hint=hint) from error
