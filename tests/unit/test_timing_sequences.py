"""Micro-sequences with the cycles a manual or a measurement states for them; the tables are in support/sequences."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from profiler.timing.block_cost import CLEAN, block_timer, refill_cycles
from profiler.timing.disassemble import encoding_size_bytes
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
    total, state, before = 0, CLEAN, None
    for address, code in _blocks(text):
        content = machine_code[code]
        if before is not None:
            refill = refill_cycles(timer.core.branch, before.last, address, encoding_size_bytes(content, 0))
            total, state = total + refill + before.taken_cycles, state.after_refill(refill)
        before = timer.time(content, state, address % 4)
        assert before.unknown_instructions == 0
        total, state = total + sum(before.cycles), before.exit_state
    return total + state.load_cycles


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
