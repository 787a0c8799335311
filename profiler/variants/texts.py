"""A comparison as rows of text, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.accuracy.metrics import METRICS
from profiler.accuracy.results import AccuracyResult, MetricResult, SliceResult
from profiler.accuracy.statistics import Interval
from profiler.report.formatting import format_bytes, format_figure
from profiler.report.profile import Unavailable
from profiler.variants.model import Agreement, Cell, VariantComparison
from profiler.variants.table import main_result

HEADER = ("variant", "board", "accuracy", "delta", "latency", "RAM", "flash", "fits", "outputs")
SLICE_HEADER = ("variant", "slice", "samples", "value", "delta, 95% CI", "p, adjusted")
METRIC_HEADER = ("variant", "metric", "value, 95% CI", "delta, 95% CI")
LAYER_HEADER = ("layer", "kind", "output", "SQNR", "at the range's ends")
ABSENT = "—"


def main_rows(comparison: VariantComparison) -> list[tuple[str, ...]]:
    """A row a variant and board, under HEADER."""
    return [_main_row(comparison, cell) for cell in comparison.cells]


def _main_row(comparison: VariantComparison, cell: Cell) -> tuple[str, ...]:
    result = main_result(comparison, cell.variant)
    name = "" if isinstance(comparison.accuracy, Unavailable) else comparison.accuracy.metric
    return (
        cell.variant,
        cell.board,
        ABSENT if result is None or result.value is None else format_metric(name, result.value),
        ABSENT if result is None or result.delta is None else format_metric(name, result.delta, signed=True),
        ABSENT if isinstance(cell.latency_ms, Unavailable) else format_figure(cell.latency_ms, "ms"),
        ABSENT if isinstance(cell.ram_bytes, Unavailable) else format_bytes(int(cell.ram_bytes.value)),
        ABSENT if isinstance(cell.flash_bytes, Unavailable) else format_bytes(int(cell.flash_bytes.value)),
        {True: "yes", False: "no", None: "not supported"}[cell.fits],
        _outputs(cell.tflm),
    )


def _outputs(agreement: Agreement | Unavailable) -> str:
    if isinstance(agreement, Unavailable):
        return ABSENT
    if agreement.bit_equal_share == 1:
        return "bit-equal"
    return "agree" if agreement.agrees else "DIFFER"


def metric_rows(accuracy: AccuracyResult) -> list[tuple[str, ...]]:
    """A row a variant and metric, under METRIC_HEADER."""
    return [
        (variant.variant, result.metric, value_text(result), delta_text(result.metric, result))
        for variant in accuracy.variants
        for result in variant.metrics
    ]


def slice_rows(accuracy: AccuracyResult) -> list[tuple[str, ...]]:
    """A row a slice of every variant but the baseline, under SLICE_HEADER; what was called out first."""
    found = [each for each in accuracy.slices if each.variant != accuracy.baseline]
    found.sort(key=lambda each: (not each.called_out, each.column, each.value, each.variant))
    return [_slice_row(accuracy, each) for each in found]


def _slice_row(accuracy: AccuracyResult, each: SliceResult) -> tuple[str, ...]:
    value = each.result.value
    return (
        each.variant,
        f"{each.column} = {each.value}" + (" (hurt)" if each.called_out else ""),
        str(each.samples),
        ABSENT if value is None else format_metric(each.result.metric, value) + _other_metric(accuracy, each),
        delta_text(each.result.metric, each.result),
        ABSENT if each.adjusted_p_value is None else f"{each.adjusted_p_value:.2g}",
    )


def _other_metric(accuracy: AccuracyResult, each: SliceResult) -> str:
    """The only other one is the accuracy at the threshold."""
    return "" if each.result.metric == accuracy.metric else " at threshold"


def headlines(comparison: VariantComparison) -> Iterator[str]:
    """What a reader must not miss: slices that are hurt, differences from TFLM, what does not fit, notes."""
    accuracy = comparison.accuracy
    if isinstance(accuracy, Unavailable):
        yield accuracy.reason
    else:
        for each in accuracy.called_out:
            change = delta_text(each.result.metric, each.result)
            yield (
                f"{each.variant} hurts {each.column} = {each.value} significantly more than the other samples: "
                f"{each.result.metric} {change} on {each.samples} samples (adjusted p {each.adjusted_p_value:.2g})"
            )
        if not accuracy.called_out and len(accuracy.variants) > 1:
            yield "no slice is hurt significantly more than the others"
        yield from accuracy.notes
    for cell in comparison.cells:
        if cell.reason:
            yield f"{cell.variant} on {cell.board}: {cell.reason}"
        if isinstance(cell.tflm, Agreement) and not cell.tflm.agrees:
            apart = agreement_text(cell.tflm)
            yield f"{cell.variant} on {cell.board}: outputs differ from {cell.tflm.reference}: {apart}"
        if (first := cell.first_difference) is not None:
            yield (
                f"{cell.variant} on {cell.board}: target and TFLM part at layer {first.operator} ({first.layer}), "
                f"{first.different} of {first.elements} values, by up to {first.largest_difference:.3g} {first.unit}"
            )
    yield from comparison.notes


def decision_lines(accuracy: AccuracyResult) -> Iterator[str]:
    """Per variant: how many decisions changed, and whether that is chance."""
    for variant in accuracy.variants:
        if variant.mcnemar_p_value is not None:
            yield (
                f"{variant.variant}: {variant.changed_count} of {accuracy.samples} decisions changed; {variant.lost} "
                f"right ones lost, {variant.won} won (McNemar, exact: p = {variant.mcnemar_p_value:.2g})"
            )


def agreement_text(agreement: Agreement | Unavailable) -> str:
    """`bit-equal (10 inputs)`, or how far apart."""
    if isinstance(agreement, Unavailable):
        return ABSENT
    if agreement.bit_equal_share == 1:
        return f"bit-equal, {agreement.samples} inputs"
    largest = f"{agreement.largest_difference:.3g} {agreement.unit}"
    return f"{agreement.bit_equal_share:.2%} equal, up to {largest}, {agreement.decisions} other decisions"


def format_metric(name: str, value: float, *, signed: bool = False) -> str:
    """`97.3%` of shares, four digits of others; a change of shares in percentage points."""
    is_share = name not in METRICS or METRICS[name].is_share
    sign = "+" if signed else ""
    if not is_share:
        return f"{value:{sign}.4g}"
    return f"{100 * value:{sign}.2f} pp" if signed else f"{100 * value:.2f}%"


def value_text(result: MetricResult) -> str:
    """The value with its interval, or why there is none."""
    if result.value is None:
        return f"{ABSENT} ({result.reason})"
    return format_metric(result.metric, result.value) + _interval(result.metric, result.interval, signed=False)


def delta_text(name: str, result: MetricResult | None) -> str:
    """The change with its interval; nothing of the baseline."""
    if result is None or result.delta is None:
        return ABSENT
    return format_metric(name, result.delta, signed=True) + _interval(name, result.delta_interval, signed=True)


def _interval(name: str, interval: Interval | None, *, signed: bool) -> str:
    if interval is None:
        return ""
    low, high = (format_metric(name, bound, signed=signed) for bound in (interval.low, interval.high))
    return f" [{low.removesuffix(' pp')}, {high.removesuffix(' pp')}]"
