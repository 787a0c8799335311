"""A comparison as rows of text, the same in every format."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.accuracy.metrics import METRICS
from profiler.accuracy.results import AccuracyResult, MetricResult, SliceResult, VariantAccuracy
from profiler.accuracy.statistics import Interval
from profiler.report.formatting import format_bytes, format_figure
from profiler.report.profile import Unavailable
from profiler.timing.model import Basis
from profiler.variants.model import Agreement, Cell, LayerCheck, VariantComparison
from profiler.variants.table import main_result

HEADER = ("variant", "board", "accuracy", "delta", "latency", "RAM", "flash", "fits", "outputs")
SLICE_HEADER = ("variant", "slice", "samples", "value", "delta, 95% CI", "p, adjusted")
METRIC_HEADER = ("variant", "metric", "value, 95% CI", "delta, 95% CI")
LAYER_HEADER = ("layer", "kind", "output", "SQNR", "at the range's ends")
CLASS_HEADER = ("variant", "class", "samples", "precision", "recall")
ABSENT = "—"
_LATENCY = {
    Basis.MEASURED: "measured on the board",
    Basis.EMULATED_MODEL: "cycles of the emulated firmware by the core's timing model; ± is that model's known error",
    Basis.EMULATED: "counted by an emulator without a timing model",
    Basis.HOST: "on the host",
    Basis.STATIC: "told by the program alone",
}


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
                f"{first.different} of {first.elements} values, by up to {difference_text(first)}"
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
    apart = difference_text(agreement)
    return f"{agreement.bit_equal_share:.2%} equal, up to {apart}, {agreement.decisions} other decisions"


def difference_text(found: Agreement | LayerCheck) -> str:
    """The largest difference with its unit."""
    if found.largest_difference is None:
        return "NaN or infinity"
    return f"{found.largest_difference:.3g} {found.unit}"


def class_rows(accuracy: AccuracyResult) -> list[tuple[str, ...]]:
    """A row a variant and class, under CLASS_HEADER."""
    return [
        (variant.variant, each.name, str(each.samples), *map(_share, (each.precision, each.recall)))
        for variant in accuracy.variants
        for each in variant.classes
    ]


def confusion_rows(accuracy: AccuracyResult, variant: VariantAccuracy) -> list[tuple[str, ...]]:
    """A row a true class: its name, and how often each class was decided."""
    pairs = zip(accuracy.class_names, variant.confusion, strict=True)
    return [(name, *(str(count) for count in counts)) for name, counts in pairs]


def _share(value: float | None) -> str:
    return ABSENT if value is None else f"{100 * value:.2f}%"


def provenance(comparison: VariantComparison) -> Iterator[tuple[str, str]]:
    """How the figures came about: (which, how)."""
    accuracy = comparison.accuracy
    if not isinstance(accuracy, Unavailable):
        engines: dict[str, list[str]] = {}
        for variant in accuracy.variants:
            engines.setdefault(variant.engine, []).append(variant.variant)
        ran = "; ".join(f"{', '.join(names)} by {engine}" for engine, names in engines.items())
        yield "accuracy", f"outputs computed on the host: {ran}; metrics by scikit-learn"
    figures = [cell.latency_ms for cell in comparison.cells if not isinstance(cell.latency_ms, Unavailable)]
    for basis in sorted({figure.basis for figure in figures}):
        yield "latency", _LATENCY[basis]
    if figures:
        yield "RAM, flash", "sections of the linked firmware, the stack's reserve among them"
    for text in dict.fromkeys(warning for cell in comparison.cells for warning in cell.warnings):
        yield "warning", text


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
