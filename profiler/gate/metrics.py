"""What can be limited: the one table that budgets, checks and documentation read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from profiler.gate.quantities import Dimension
from profiler.report.comparison.snapshot import Snapshot
from profiler.report.profile import Basis, Figure, Unavailable


class Rule(StrEnum):
    """How a limit is meant."""

    AT_MOST = "at most"
    AT_LEAST = "at least"
    INCREASE = "increase"  # over the baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure that can be limited. `causes` names the contributions of a comparison that explain its change."""

    name: str
    title: str
    dimension: Dimension
    read: Callable[[Snapshot], Figure | Unavailable]
    causes: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = (Rule.AT_MOST, Rule.INCREASE)


ACCURACY, ACCURACY_LOSS = "accuracy", "accuracy_loss"
"""Figures that only an accuracy file brings (see accuracy_file.py)."""


def _figure(name: str) -> Callable[[Snapshot], Figure | Unavailable]:
    return lambda snapshot: snapshot.figures.get(name, Unavailable(reason="not in what was given"))


def _section(name: str) -> Callable[[Snapshot], Figure | Unavailable]:
    return lambda snapshot: Figure(value=snapshot.sections.get(name, 0), basis=Basis.STATIC)


def _cost(name: str, title: str, dimension: Dimension, figure: str, *causes: str) -> Metric:
    """A metric that may be limited as such and in its growth; `figure` with a dot is a section of memory."""
    read = _section(figure) if "." in figure else _figure(figure)
    return Metric(name=name, title=title, dimension=dimension, read=read, causes=causes)


def _quality(name: str, title: str, figure: str, rule: Rule) -> Metric:
    return Metric(name=name, title=title, dimension=Dimension.SHARE, read=_figure(figure), rules=(rule,))


METRICS: tuple[Metric, ...] = (
    _cost("latency", "latency", Dimension.TIME, "latency_ms", "cycles"),
    _cost("cycles", "cycles", Dimension.CYCLES, "cycles", "cycles"),
    _cost("instructions", "instructions", Dimension.INSTRUCTIONS, "instructions", "cycles"),
    _cost("flash", "flash", Dimension.BYTES, "flash_bytes", "flash_bytes"),
    _cost("weights", "weights in flash", Dimension.BYTES, "flash.weights", "flash_bytes"),
    _cost("code", "kernel code in flash", Dimension.BYTES, "flash.kernels", "flash_bytes"),
    _cost("ram", "RAM", Dimension.BYTES, "ram_bytes", "ram_bytes", "arena_bytes"),
    _cost("arena", "arena", Dimension.BYTES, "arena_bytes", "arena_bytes"),
    _cost("stack", "stack high water", Dimension.BYTES, "stack_high_water_bytes"),
    _quality("agreement", "outputs bit-equal to TFLM", "bit_equal_share", Rule.AT_LEAST),
    _quality("accuracy", "accuracy", ACCURACY, Rule.AT_LEAST),
    _quality("accuracy_loss", "accuracy lost to quantization", ACCURACY_LOSS, Rule.AT_MOST),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitKey:
    """A key of a budget: `max_flash`, `max_latency_increase`, `min_agreement`."""

    key: str
    metric: Metric
    rule: Rule


def _key(metric: Metric, rule: Rule) -> LimitKey:
    name = {
        Rule.AT_MOST: f"max_{metric.name}",
        Rule.AT_LEAST: f"min_{metric.name}",
        Rule.INCREASE: f"max_{metric.name}_increase",
    }[rule]
    return LimitKey(key=name, metric=metric, rule=rule)


LIMIT_KEYS: dict[str, LimitKey] = {
    limit.key: limit for metric in METRICS for limit in (_key(metric, rule) for rule in metric.rules)
}
"""Every key a budget may have, in report order."""
