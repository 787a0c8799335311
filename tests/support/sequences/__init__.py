"""Micro-sequences of each core with the cycles that a manual states for them, or that somebody measured."""

from __future__ import annotations

from tests.support.sequences import (
    cortex_m0,
    cortex_m0plus,
    cortex_m3,
    cortex_m4,
    cortex_m7,
    cortex_m33,
    cortex_m55,
    cortex_m85,
)
from tests.support.sequences.case import Case, Table

_SMALL_MULTIPLIER_CYCLES = 32  # table 3-1 of both manuals: MULS 1 or 32


def _with_small_multiplier(table: Table) -> Table:
    """The sums of a table of the single-cycle multiplier, each product at 31 cycles more."""
    return {
        source: [
            (text, cycles + (_SMALL_MULTIPLIER_CYCLES - 1) * text.count("muls"), *differs)
            for text, cycles, *differs in entries
            if isinstance(cycles, int)
        ]
        for source, entries in table.items()
    }


TABLES: dict[str, Table] = {
    "cortex-m0": cortex_m0.TABLE,
    "cortex-m0-small-multiplier": _with_small_multiplier(cortex_m0.TABLE),
    "cortex-m0plus": cortex_m0plus.TABLE,
    "cortex-m0plus-small-multiplier": _with_small_multiplier(cortex_m0plus.TABLE),
    "cortex-m3": cortex_m3.TABLE,
    "cortex-m4": cortex_m4.TABLE,
    "cortex-m7": cortex_m7.TABLE,
    "cortex-m33": cortex_m33.TABLE,
    "cortex-m55": cortex_m55.TABLE,
    "cortex-m85": cortex_m85.TABLE,
}


def cases() -> list[Case]:
    """All of them."""
    return [
        Case(core, source, *entry)
        for core, table in TABLES.items()
        for source, entries in table.items()
        for entry in entries
    ]
