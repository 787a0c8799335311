"""Divides, unaligned reads and waits by instruction."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.run.model import (
    SHORTER_DIVIDEND,
    ZERO_OPERAND,
    BlockCount,
    DivideCount,
    ExecutionProfile,
    LayerExecution,
    MissCount,
    UnalignedCount,
)
from profiler.timing.code_image import image_of
from profiler.timing.core_model import load_core_model
from profiler.timing.estimate import estimate
from profiler.timing.memory import MemoryWait, RegionWait
from profiler.timing.operands import divide_cycles
from profiler.timing.waits import instruction_waits, shares
from tests.support.sample_profile import sample_board
from tests.support.thumb import assemble

CODE = 0x0800_1000


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"])
def test_divides_take_the_range_of_the_manual(core):
    cost = load_core_model(core).divide
    assert cost is not None
    assert divide_cycles(cost, ZERO_OPERAND) == 2  # TRM table 3-1: 2 to 12
    assert divide_cycles(cost, SHORTER_DIVIDEND) == 3  # compendium.i-0.nl, division timing
    by_length = [divide_cycles(cost, bits) for bits in range(32)]
    assert by_length == sorted(by_length)
    assert (by_length[0], by_length[31]) == (5, 12)


def _timed(text, **counted):
    code = assemble("cortex-m4", (text,))[text]
    block = BlockCount(address=CODE, size_bytes=len(code), instructions=text.count(";") + 1, count=10)
    layer = LayerExecution(layer=0, blocks=(block,), edges=(), memory=(), **counted)
    return estimate(ExecutionProfile(layers=(layer,)), sample_board(), image_of([(CODE, code)]))


def test_a_divide_whose_operands_are_known_costs_what_they_take():
    divides = (
        DivideCount(address=CODE, extra_bits=ZERO_OPERAND, count=4),
        DivideCount(address=CODE, extra_bits=31, count=6),
    )
    result = _timed("sdiv r0, r1, r2", divides=divides)
    assert result.total_cycles == 4 * 2 + 6 * 12
    assert result.warnings == ()


def test_divides_whose_operands_are_not_known_take_the_middle_and_are_told():
    result = _timed("sdiv r0, r1, r2", divides=(DivideCount(address=CODE, extra_bits=31, count=3),))
    assert result.total_cycles == 3 * 12 + 7 * 7
    assert result.warnings == ("the operands of 7 divides are not known: taken as 7 cycles each",)


def test_unaligned_reads_take_what_the_manual_says():
    aligned = _timed("ldr r0, [r1]; nop; nop")
    unaligned = _timed(
        "ldr r0, [r1]; nop; nop", unaligned=(UnalignedCount(address=CODE, halfwords=1, words=2, odd_words=3),)
    )
    more = unaligned.layers[0].load_use - aligned.layers[0].load_use
    assert more == unaligned.total_cycles - aligned.total_cycles == 1 + 2 + 3 * 2


@given(total=st.integers(0, 10**9), weights=st.lists(st.floats(0, 1e6), max_size=30))
def test_shares_sum_to_the_whole_unless_nobody_has_a_weight(total, weights):
    found = shares(total, weights)
    assert len(found) == len(weights)
    assert sum(found) == (total if sum(weights) > 0 else 0)
    assert min(found, default=0) >= 0


def test_a_wait_goes_to_where_the_misses_were_a_hidden_one_for_less():
    region = RegionWait(
        region="flash",
        fetch_cycles=300,
        shared_bus_cycles=8,
        data_cycles=40,
        sequential_fetch_share=0.5,
        sequential_read_share=1.0,
    )
    misses = [
        MissCount(address=2, region="flash", fetch_misses=10, read_misses=1),
        MissCount(address=4, region="flash", fetch_misses=10, fetch_sequential_misses=10, read_misses=3),
        MissCount(address=4, region="psram", fetch_misses=99),
    ]
    waits = instruction_waits(MemoryWait(regions=(region,)), misses, {6: 3, 8: 1})
    assert waits == {2: (200, 10), 4: (100, 30), 6: (6, 0), 8: (2, 0)}
