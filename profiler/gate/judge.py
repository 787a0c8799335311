"""A snapshot held against its limits. Pure: the same facts give the same verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from profiler.gate.budget import Limit
from profiler.gate.metrics import Metric, Rule
from profiler.gate.model import Check, Verdict
from profiler.gate.quantities import Increase
from profiler.report.comparison.model import Comparison
from profiler.report.comparison.rows import show_delta, show_figure, show_value
from profiler.report.comparison.snapshot import LayerFacts, Snapshot
from profiler.report.formatting import clean_text, format_count
from profiler.report.profile import Basis, Figure, Unavailable

TOP_CAUSES = 5
_SECTIONS_OF_LAYERS = frozenset({"flash.weights", "flash.kernels"})


def judge(
    snapshot: Snapshot,
    limits: Iterable[Limit],
    *,
    baseline: Snapshot | None,
    comparison: Comparison | None,
    without_baseline: Verdict = Verdict.FAIL,
) -> tuple[Check, ...]:
    """One check a limit, in their order. `comparison` is the one of baseline and snapshot; None without a baseline.

    A limit on growth without a baseline gets the verdict `without_baseline`. A figure that is unavailable fails: a
    gate never passes what it could not see.
    """
    return tuple(_check(snapshot, limit, baseline, comparison, without_baseline) for limit in limits)


def _check(
    snapshot: Snapshot, limit: Limit, baseline: Snapshot | None, comparison: Comparison | None, missing: Verdict
) -> Check:
    metric = limit.key.metric
    value = metric.read(snapshot)
    relative = limit.key.rule is Rule.INCREASE
    before = metric.read(baseline) if relative and baseline else None
    allowed = _allowed(limit, before)
    verdict, reason = Verdict.PASS, ""
    if isinstance(value, Unavailable):
        verdict, reason = Verdict.FAIL, f"unavailable: {clean_text(value.reason, 200)}"
    elif relative and before is None:
        verdict, reason = missing, "the baseline has no entry for this model and board; --update-baseline adds it"
    elif allowed is None:
        why = clean_text(before.reason, 200) if isinstance(before, Unavailable) else ""
        verdict, reason = Verdict.FAIL, f"the baseline has no such figure: {why}"
    else:
        over = allowed - value.value if limit.key.rule is Rule.AT_LEAST else value.value - allowed
        if over > 0:
            verdict = Verdict.FAIL
        reason = _reason(value, limit, before, allowed, over)
    failed = verdict is Verdict.FAIL and allowed is not None
    return Check(
        limit=limit.key.key,
        metric=metric.name,
        title=metric.title,
        unit=metric.dimension.report_unit,
        written=limit.written,
        verdict=verdict,
        value=value,
        baseline=before,
        allowed=allowed,
        reason=reason,
        causes=_causes(metric, snapshot, comparison) if failed else (),
    )


def _allowed(limit: Limit, before: Figure | Unavailable | None) -> float | None:
    if not isinstance(limit.amount, Increase):
        return limit.amount
    return limit.amount.allowed(before.value) if isinstance(before, Figure) else None


def _reason(value: Figure, limit: Limit, before: Figure | Unavailable | None, allowed: float, over: float) -> str:
    """`2.30 ms, 628 µs over the 1.67 ms allowed (baseline 1.64 ms, 2% more)`."""
    unit = limit.key.metric.dimension.report_unit
    side = "below" if limit.key.rule is Rule.AT_LEAST else "over"
    shown = show_figure(value, unit)
    limit_shown = show_figure(Figure(value=allowed, basis=Basis.STATIC), unit)
    if over > 0:
        text = f"{shown}, {show_delta(over, unit).lstrip('+')} {side} the {limit_shown} allowed"
    else:
        text = f"{shown}, allowed {limit_shown}"
    if isinstance(before, Figure):
        now = show_delta(value.value - before.value, unit)
        text += f" (baseline {show_value(before, unit)}, now {now}, {limit.written} more is allowed)"
    return text


def _causes(metric: Metric, snapshot: Snapshot, comparison: Comparison | None) -> tuple[str, ...]:
    """What grew, costliest first; without a growth to explain, what is largest."""
    if comparison is not None:
        found = [cause for name in metric.causes for cause in comparison.contributions.get(name, ())]
        grown = tuple(cause.text for cause in found if cause.delta > 0)
        if grown:
            more = (f"and {len(grown) - TOP_CAUSES} more",) if len(grown) > TOP_CAUSES else ()
            return (*grown[:TOP_CAUSES], *more)
    return _largest(metric, snapshot)


def _largest(metric: Metric, snapshot: Snapshot) -> tuple[str, ...]:
    """The layers, and sections that are of no layer, that most of the figure is made of."""
    cycles = "cycles" in metric.causes
    ranked: list[tuple[int, str]] = []
    for number, layer in enumerate(snapshot.layers):
        amount = _cost_of_layer(metric, layer)
        shown = f"{format_count(amount)} cycles" if cycles else f"{amount:,} B"
        live = " live" if metric.name == "arena" else ""
        ranked.append((amount, f"largest: layer {number} {clean_text(layer.kind, 40)}, {shown}{live}"))
    memory = {"flash": "flash.", "ram": "ram."}.get(metric.name)
    for name, size_bytes in snapshot.sections.items():
        if memory and name.startswith(memory) and name not in _SECTIONS_OF_LAYERS:
            shown = clean_text(name.removeprefix(memory))
            ranked.append((size_bytes, f"largest: {metric.title}, {shown}, {size_bytes:,} B"))
    found = sorted((each for each in ranked if each[0]), key=lambda each: -each[0])
    return tuple(text for _, text in found[:3])


def _cost_of_layer(metric: Metric, layer: LayerFacts) -> int:
    match metric.name:
        case "latency" | "cycles" | "instructions":
            return layer.cycles or 0
        case "arena":
            return layer.live_bytes
        case "flash":
            return layer.weights_bytes + layer.code_bytes
        case "weights":
            return layer.weights_bytes
        case "code":
            return layer.code_bytes
        case _:
            return 0


def notes_on(comparison: Comparison) -> tuple[str, ...]:
    """What sets a change of the tool, the board or the options apart from a change of the model."""
    moved = [change for change in comparison.figures if change.delta]
    if comparison.circumstances:
        changed = "; ".join(comparison.circumstances)
        if comparison.same_model:
            return (f"the model file is the baseline's; what differs from the baseline is {changed}",)
        return (f"not only the model differs from the baseline: {changed}",)
    if comparison.same_model and moved:
        return (
            "the model file, board, compiler, options and version are the baseline's, yet figures differ: "
            "this build of profiler models or generates something otherwise",
        )
    return ()
