"""What holds for any code, any counts and any memory."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.errors import BoardError
from profiler.resources import package_folder
from profiler.run.model import BlockCount, LayerExecution, MemoryCounts
from profiler.timing import block_cost
from profiler.timing.block_cost import NO_BLOCK, BlockTimer, BlockWays, block_key, block_timer
from profiler.timing.core_model import core_names, load_core_model, parse_core_model
from profiler.timing.disassemble import decode, disassemble
from profiler.timing.instruction_class import InstructionClass
from profiler.timing.memory import memory_wait
from tests.support.sample_profile import sample_board

CORES = (
    "cortex-m0",
    "cortex-m0-small-multiplier",
    "cortex-m0plus",
    "cortex-m0plus-small-multiplier",
    "cortex-m3",
    "cortex-m33",
    "cortex-m4",
    "cortex-m55",
    "cortex-m7",
    "cortex-m85",
)
_SNIPPETS = [bytes.fromhex(text) for text in (
    "0168", "4a68", "8850", "8818", "0844", "20fb0132", "02fb0130", "90fbf1f0", "10f8011b", "51f8040b", "0ec8", "06c0",
    "00bf", "10b5", "01ebe200", "30ee010a", "a0ee810a", "80eea00a", "90ed000a", "88bf", "5ffa80f0", "d0e90012", "fee7",
)]  # fmt: skip
code_of_blocks = st.lists(st.sampled_from(_SNIPPETS), min_size=1, max_size=12).map(b"".join)
counts = st.integers(0, 10**6)


@settings(max_examples=150, deadline=None)
@given(core=st.sampled_from(CORES), code=code_of_blocks, before=code_of_blocks)
def test_no_block_issues_faster_than_the_core_is_wide(core, code, before):
    timer = block_timer(core)
    state = timer.time(before).exit_state
    timing = timer.time(code, state)
    assert sum(timing.cycles) * timer.core.issue_width + timer.state(state).slots_free >= len(disassemble(code))
    assert min(timing.cycles) >= 0


@settings(max_examples=150, deadline=None)
@given(core=st.sampled_from(CORES), code=code_of_blocks, before=code_of_blocks)
def test_a_trace_sums_to_the_cycles_of_its_block(core, code, before):
    timer = block_timer(core)
    state = timer.time(before).exit_state
    timing = timer.time(code, state)
    assert tuple(map(sum, zip(*(cycles for _, cycles in timing.lines), strict=True))) == timing.cycles
    key = block_key(code, 0)
    (alone,) = timer.time_ways(BlockWays(keys=[key], blocks=[0], origins=[NO_BLOCK], taken=[False]))
    assert tuple(alone["cycles"]) == timer.time(code).cycles


@settings(max_examples=150, deadline=None)
@given(core=st.sampled_from(CORES), a=code_of_blocks, b=code_of_blocks)
def test_cutting_a_block_in_two_does_not_change_its_cycles(core, a, b):
    timer = block_timer(core)
    first = timer.time(a)
    second = timer.time(b, first.exit_state, len(a) % 4)
    together = timer.time(a + b)
    assert tuple(x + y for x, y in zip(first.cycles, second.cycles, strict=True)) == together.cycles
    assert second.exit_state == together.exit_state


@settings(max_examples=100, deadline=None)
@given(
    wait=st.integers(0, 20),
    more=st.integers(0, 20),
    prefetch=st.booleans(),
    fetch_misses=counts,
    sequential=counts,
    read_misses=counts,
    core_cycles=st.integers(1, 10**7),
)
def test_more_wait_states_never_take_fewer_cycles(
    wait, more, prefetch, fetch_misses, sequential, read_misses, core_cycles
):
    def waiting(wait_cycles, prefetching=prefetch):
        board = sample_board()
        flash = dataclasses.replace(board.memories[0], read_wait_cycles=wait_cycles, prefetch=prefetching)
        board = dataclasses.replace(board, memories=(flash, *board.memories[1:]))
        memory = MemoryCounts(
            region="flash",
            fetch_misses=fetch_misses,
            fetch_sequential_misses=min(sequential, fetch_misses),
            read_misses=read_misses,
        )
        block = BlockCount(address=0x0800_0000, size_bytes=30, instructions=12, count=1000)
        layer = LayerExecution(layer=0, blocks=(block,), edges=(), memory=(memory,))
        found = memory_wait(layer, board, core_cycles)
        return found.fetch_wait_cycles, found.data_wait_cycles

    assert all(low <= high for low, high in zip(waiting(wait), waiting(wait + more), strict=True))
    assert waiting(wait, True)[0] <= waiting(wait, False)[0]
    assert waiting(0) == (0, 0)


def test_a_block_of_no_instruction_is_refused():
    with pytest.raises(ValueError, match="less than one instruction"):
        block_timer("cortex-m4").time(b"\x00")


def test_a_timer_that_begins_anew_gives_the_same_cycles(monkeypatch):
    timer = BlockTimer(load_core_model("cortex-m7"))
    keys = [block_key(code, 2) for code in _SNIPPETS]
    ways = BlockWays(keys=keys, blocks=range(23), origins=range(-1, 22), taken=[False, True] * 11 + [True])
    before = timer.time_ways(ways)
    monkeypatch.setattr(block_cost, "_MAX_BLOCKS", 3)
    assert (timer.time_ways(ways)["cycles"] == before["cycles"]).all()


def test_counts_of_a_region_the_board_lacks_are_refused():
    layer = LayerExecution(layer=0, blocks=(), edges=(), memory=(MemoryCounts(region="psram"),))
    with pytest.raises(BoardError, match="psram") as caught:
        memory_wait(layer, sample_board(), 10)
    assert "sram1" in caught.value.hint


def test_every_core_has_a_cost_for_each_class_or_says_that_it_lacks_it():
    assert core_names() == CORES
    for name in CORES:
        assert load_core_model(name).name == name


def test_every_cost_names_its_source():
    for name in CORES:
        model = load_core_model(name)
        assert model.sources
        assert all(len(cost.source) > 8 for cost in model.costs.values())
        assert model.branch.source
        assert model.operands.source


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data["cost"].pop("load"),
        lambda data: data["cost"]["load"].update(cylces=3),
        lambda data: data["cost"].update(warp={"cycles": 1, "source": "none"}),
        lambda data: data["cost"]["alu"].update(cycles=-1),
        lambda data: data["cost"]["alu"].update(units=["warp"]),
        lambda data: data.pop("branch"),
        lambda data: data["branch"].pop("source"),
    ],
)
def test_a_damaged_cost_table_is_refused(damage):
    data = tomllib.loads((package_folder() / "timing" / "cores" / "cortex-m4.toml").read_text("utf-8"))
    parse_core_model(data)
    damage(data)
    with pytest.raises((KeyError, TypeError, ValueError)):
        parse_core_model(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(min_size=2, max_size=40))
def test_any_bytes_disassemble_to_known_classes_or_to_unknown(code):
    instructions = disassemble(code)
    assert all(instruction.kind in InstructionClass for instruction in instructions)
    assert sum(instruction.size_bytes for instruction in instructions) <= len(code)


def test_an_it_instruction_does_not_change_how_the_next_encodings_decode():
    add = bytes.fromhex("8818")
    before = decode(add)
    decode.cache_clear()
    assert decode(bytes.fromhex("08bf")).kind is InstructionClass.IT
    assert decode(add) == before
