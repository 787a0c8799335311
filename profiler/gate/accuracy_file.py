"""Accuracies that were measured elsewhere: a JSON file that the gate holds limits on accuracy against.

Either what `profiler compare --json` wrote, whose variants are recognised by the digest of their `.tflite`, or
`{"models": {"kws_int8.tflite": {"accuracy": 0.912, "reference": 0.917}}}` from a measurement of one's own: shares of 1,
`reference` that of the model before it was quantized; what was lost is their difference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

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
    """Accuracies by model name as budgets call it, or by SHA-256 of the `.tflite`."""

    models: Mapping[str, ModelAccuracy] = field(default_factory=dict)

    def figures(self, model: str, sha256: str) -> dict[str, Figure]:
        """What joins the model's snapshot; nothing for a model that is not in the file."""
        found = self.models.get(sha256) or self.models.get(model)
        if found is None:
            return {}
        figures = {ACCURACY: Figure(value=found.accuracy, basis=Basis.HOST)}
        if found.reference is not None:
            figures[ACCURACY_LOSS] = Figure(value=found.reference - found.accuracy, basis=Basis.HOST)
        return figures


def read_accuracies(path: Path) -> AccuracyFile:
    """The file's contents. Raises BudgetError."""
    hint = 'give what `profiler compare --json` wrote, or {"models": {"NAME": {"accuracy": 0.91, "reference": 0.92}}}'
    try:
        data = json.loads(path.read_bytes())
        if isinstance(data, dict) and "variants" in data:
            data = {"models": _of_comparison(data, path)}
        return TypeAdapter(AccuracyFile).validate_python(data, extra="forbid")
    except OSError as error:
        raise BudgetError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise BudgetError(f"{path} is no accuracy file: {where}: {first['msg']}", hint=hint) from error
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise BudgetError(f"{path} is no accuracy file: {error!r}", hint=hint) from error


def _of_comparison(comparison: Mapping[str, Any], path: Path) -> dict[str, dict[str, float]]:
    """The main metric of every variant of `profiler compare --json`, by the variant's digest."""
    accuracy = comparison["accuracy"]
    if "reason" in accuracy:
        raise BudgetError(f"{path} has no accuracy: {accuracy['reason']}", hint="give `profiler compare` --data")
    if not accuracy["higher_is_better"]:
        raise BudgetError(
            f"{path}: the main metric is {accuracy['metric']}, which is no share of right answers",
            hint="choose another with `profiler compare --metric`",
        )
    digests = {variant["name"]: variant["sha256"] for variant in comparison["variants"]}
    found = {}
    for variant in accuracy["variants"]:
        (main,) = [metric for metric in variant["metrics"] if metric["metric"] == accuracy["metric"]]
        if main["value"] is not None:
            loss = -(main.get("delta") or 0.0)  # the baseline itself has none
            found[digests[variant["variant"]]] = {"accuracy": main["value"], "reference": main["value"] + loss}
    return found
