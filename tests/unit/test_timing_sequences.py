"""Micro-sequences with the cycles a manual or a measurement states for them; the tables are in support/sequences."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from profiler.timing.block_cost import BlockWays, block_key, block_timer
from tests.support.sequences import TABLES, cases
from tests.support.sequences.case import Case
from tests.support.thumb import assemble


def _blocks(text: str) -> list[tuple[int, str]]:
    """(bytes behind a word boundary, instructions) of each block."""
    parts = re.split(r"\s*(=>|~>)\s*", text)
    return [(2 if arrow == "~>" else 0, code) for arrow, code in zip(["", *parts[1::2]], parts[::2], strict=True)]


def _modelled(core: str, text: str) -> int:
    """Cycles with a clean pipeline before and nothing behind, so that a load at the end takes its full time."""
    snippets = tuple(dict.fromkeys(code for case in cases() if case.core == core for _, code in _blocks(case.text)))
    timer, machine_code = block_timer(core), assemble(core, snippets)
    blocks = [block_key(machine_code[code], address) for address, code in _blocks(text)]
    ways = BlockWays(
        keys=blocks,
        blocks=range(len(blocks)),
        origins=range(-1, len(blocks) - 1),
        taken=[False] + [True] * (len(blocks) - 1),
    )
    timings = timer.time_ways(ways)
    assert not timings["unknown"].any()
    address, last = _blocks(text)[-1]
    end = timer.time(machine_code[last], int(timings["entry_state"][-1]), address).exit_state
    return int(timings["cycles"].sum() + timings["refill_cycles"].sum()) + timer.state(end).load_cycles


def _parameter(case: Case) -> object:
    marks = [pytest.mark.xfail(reason=case.differs, strict=True)] if case.differs else []
    return pytest.param(case, id=f"{case.core}: {case.text}", marks=marks)


@pytest.mark.parametrize("case", [_parameter(case) for case in cases()])
def test_a_sequence_takes_the_cycles_its_source_states(case: Case) -> None:
    low, high = case.cycles if isinstance(case.cycles, tuple) else (case.cycles, case.cycles)
    assert low <= _modelled(case.core, case.text) <= high, case.source


@pytest.mark.parametrize("core", TABLES)
def test_sixty_different_sequences_of_each_core_agree_with_their_source(core: str) -> None:
    mine = [case for case in cases() if case.core == core]
    agreeing = {case.text for case in mine if not case.differs}
    assert len(agreeing) >= 60
    assert len(agreeing) >= 0.85 * len({case.text for case in mine})


def test_no_source_states_the_same_sequence_twice() -> None:
    counted = Counter((case.core, case.source, case.text) for case in cases())
    assert not [key for key, count in counted.items() if count > 1]
