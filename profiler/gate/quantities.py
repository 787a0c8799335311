"""Amounts as people write them in budgets: `64 KiB`, `12 ms`, `2%`. The only place that reads units."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from quantiphy import QuantiPhyError, Quantity

from profiler.errors import BudgetError


class Dimension(Enum):
    """What is limited: the unit that is written, that of reports, how many of those one is, examples."""

    BYTES = ("B", "bytes", 1, "64 KiB, 512 B")
    TIME = ("s", "ms", 1000, "12 ms, 450 us")
    CYCLES = ("cycles", "cycles", 1, "1.5 Mcycles, 20000 cycles")
    INSTRUCTIONS = ("instructions", "instructions", 1, "1.5 Minstructions")
    SHARE = ("%", "share", 0.01, "99.5%, 100%")

    def __init__(self, unit: str, report_unit: str, factor: float, examples: str) -> None:
        self.unit, self.report_unit, self.factor, self.examples = unit, report_unit, factor, examples


_PERCENT = "%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Increase:
    """How much more than the baseline: a share of it, or an amount in the unit of reports (bytes, ms, cycles)."""

    share: float | None = None
    amount: float | None = None

    def allowed(self, baseline: float) -> float:
        """The largest value that is no regression."""
        return baseline * (1 + self.share) if self.share is not None else baseline + (self.amount or 0)


def parse_amount(written: object, dimension: Dimension) -> float:
    """In the unit of reports: bytes, ms, cycles, instructions, a fraction of 1. Whole numbers may go without a unit
    where they are counts (bytes, cycles, instructions). Raises BudgetError with examples."""
    countable = dimension in (Dimension.BYTES, Dimension.CYCLES, Dimension.INSTRUCTIONS)
    if isinstance(written, int) and not isinstance(written, bool) and countable:
        return _checked(float(written), written, dimension)
    value, unit = _split(written, dimension.examples)
    if unit != dimension.unit:
        told = f"{unit!r} is no unit of it" if unit else "the unit is missing"
        raise BudgetError(f"{written!r}: {told}", hint=f"write for example: {dimension.examples}")
    return _checked(value * dimension.factor, written, dimension)


def parse_increase(written: object, dimension: Dimension) -> Increase:
    """`2%` or an amount. Raises BudgetError."""
    if isinstance(written, str) and written.strip().endswith(_PERCENT):
        value, _ = _split(written, "2%")
        return Increase(share=_checked(value / 100, written, Dimension.SHARE))
    try:
        return Increase(amount=parse_amount(written, dimension))
    except BudgetError as error:
        raise BudgetError(error.message, hint=f"write for example: 2%, {dimension.examples}") from error


def _split(written: object, examples: str) -> tuple[float, str]:
    hint = f"write for example: {examples}"
    if not isinstance(written, str):
        raise BudgetError(f"{written!r} is no amount with a unit", hint=hint)
    try:
        quantity = Quantity(written.strip(), binary=True)
    except QuantiPhyError as error:
        raise BudgetError(f"{written!r} is no amount with a unit", hint=hint) from error
    return float(quantity), str(quantity.units)


def _checked(value: float, written: object, dimension: Dimension) -> float:
    if not math.isfinite(value) or value < 0:
        raise BudgetError(f"{written!r} is not 0 or more", hint=f"write for example: {dimension.examples}")
    return value
