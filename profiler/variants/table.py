"""The one table of a comparison, as plain values: every format shows these columns."""

from __future__ import annotations

from typing import Any

from profiler.accuracy.results import AccuracyResult, MetricResult
from profiler.report.profile import Figure, Unavailable
from profiler.variants.model import Cell, VariantComparison


def table_rows(comparison: VariantComparison) -> list[dict[str, Any]]:
    """One row a variant and board: numbers in base units, None where there is no figure."""
    return [_row(comparison, cell) for cell in comparison.cells]


def main_result(comparison: VariantComparison, variant: str) -> MetricResult | None:
    """The main metric of a variant; None without a dataset or where the variant could not be evaluated."""
    accuracy = comparison.accuracy
    if isinstance(accuracy, Unavailable):
        return None
    return metric_of(accuracy, variant, accuracy.metric)


def metric_of(accuracy: AccuracyResult, variant: str, metric: str) -> MetricResult | None:
    """A metric of a variant, None when it is not among its results."""
    for each in accuracy.variants:
        if each.variant == variant:
            return next((result for result in each.metrics if result.metric == metric), None)
    return None


def _row(comparison: VariantComparison, cell: Cell) -> dict[str, Any]:
    result = main_result(comparison, cell.variant)
    return {
        "variant": cell.variant,
        "board": cell.board,
        "accuracy": None if result is None else result.value,
        "delta": None if result is None else result.delta,
        "latency_ms": _value(cell.latency_ms),
        "ram_bytes": _value(cell.ram_bytes),
        "flash_bytes": _value(cell.flash_bytes),
        "fits": cell.fits,
        "agrees_with_tflm": None if isinstance(cell.tflm, Unavailable) else cell.tflm.agrees,
        "reason": cell.reason,
    }


def _value(figure: Figure | Unavailable) -> float | int | None:
    return None if isinstance(figure, Unavailable) else figure.value
