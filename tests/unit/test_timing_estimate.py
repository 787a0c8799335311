"""The estimate on small programs whose counts are written by hand."""

from __future__ import annotations

import dataclasses

import pytest

from profiler.boards.model import Core
from profiler.errors import BoardError, RunError
from profiler.run.model import BlockCount, EdgeCount, ExecutionProfile, LayerExecution, MemoryCounts
from profiler.timing.code_image import code_image, image_of
from profiler.timing.estimate import estimate
from profiler.timing.explain import explain
from tests.support.sample_profile import sample_board
from tests.support.thumb import assemble

CODE = 0x0800_1000
CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "cortex-m85")


def board_with(core):
    found = Core(name=core, features=frozenset(), gcc_flags=(), unicorn_model="", source="test")
    return dataclasses.replace(sample_board(), core=found)


def cycles_of(core, pieces, edges, counts, memory=()):
    """The one layer's cycles of a program of blocks (address, assembly), with edges and counts by block number."""
    code = assemble(core, tuple(text for _, text in pieces))
    blocks = [
        BlockCount(address=address, size_bytes=len(code[text]), instructions=text.count(";") + 1, count=counts[number])
        for number, (address, text) in enumerate(pieces)
    ]
    edge_counts = tuple(
        EdgeCount(from_address=pieces[a][0], to_address=pieces[b][0], count=count) for a, b, count in edges
    )
    layer = LayerExecution(layer=0, blocks=tuple(blocks), edges=edge_counts, memory=tuple(memory))
    profile = ExecutionProfile(layers=(layer,))
    image = image_of((address, code[text]) for address, text in pieces)
    board = board_with(core)
    result = estimate(profile, board, image)
    listing = explain(profile, board, image, 0)
    assert sum(block.cycles for block in listing) == result.layers[0].total - sum(waits(result.layers[0]))
    return result.layers[0], result, listing


def waits(layer):
    return layer.fetch_wait, layer.data_wait


def sum_of_causes(layer):
    causes = (layer.issue, layer.load_use, layer.branch, layer.multiply_divide, layer.fpu)
    return sum(causes) + sum(waits(layer))


LOOP = ((CODE, "subs r0, r0, #1; bne .-2"),)


@pytest.mark.parametrize(
    ("core", "cycles_an_iteration"),
    [("cortex-m0plus", 3), ("cortex-m3", 3), ("cortex-m4", 3), ("cortex-m33", 3), ("cortex-m7", 1)],
)
def test_a_counting_loop_costs_the_documented_cycles_an_iteration(core, cycles_an_iteration):
    # M0+: 1 + B<cc> taken 2. M3, M4: 1 + (1 + P), P = 1. M33: 1 + 2 measured, the flags are just set. M7: a pair.
    layer, _, _ = cycles_of(core, LOOP, [(0, 0, 1000)], [1001])
    shorter, _, _ = cycles_of(core, LOOP, [(0, 0, 900)], [901])
    assert layer.total - shorter.total == 100 * cycles_an_iteration


@pytest.mark.parametrize(
    ("core", "text", "cycles"),
    [
        ("cortex-m0plus", "b .", 2),  # TRM table 3-1 of each core, with the refill
        ("cortex-m0plus", "bl .", 3),
        ("cortex-m0plus", "bx lr", 2),
        ("cortex-m0plus", "pop {r4, pc}", 5),
        ("cortex-m3", "ldr pc, [r0]", 5),
        ("cortex-m3", "tbb [pc, r0]", 6),
        ("cortex-m4", "b .", 2),
        ("cortex-m4", "bl .", 2),
        ("cortex-m4", "cbz r0, .+20", 2),
        ("cortex-m4", "ldr pc, [r0]", 5),
        ("cortex-m4", "tbb [pc, r0]", 6),
        ("cortex-m4", "pop {r4, r5, pc}", 7),  # 1 + N + P
        ("cortex-m33", "bne.w .+20", 2),
    ],
)
def test_a_taken_branch_pays_the_refill_of_its_kind(core, text, cycles):
    layer, _, _ = cycles_of(core, [(CODE, text), (CODE + 64, "nop")], [(0, 1, 1)], [1, 1])
    assert layer.total == cycles + 1


def test_falling_through_is_not_a_taken_branch():
    first = "subs r0, #1; bne .-2"
    layer, _, _ = cycles_of("cortex-m4", [(CODE, first), (CODE + 4, "nop")], [(0, 1, 7)], [7, 7])
    assert layer.branch == 0
    assert layer.total == 7 * 3


def test_a_wide_target_across_a_word_boundary_refills_a_cycle_longer_on_m4():
    aligned, _, _ = cycles_of("cortex-m4", [(CODE, "b ."), (CODE + 64, "mov.w r8, r9")], [(0, 1, 1)], [1, 1])
    split, _, _ = cycles_of("cortex-m4", [(CODE, "b ."), (CODE + 66, "mov.w r8, r9")], [(0, 1, 1)], [1, 1])
    assert split.branch == aligned.branch + 1


def test_a_load_at_the_end_of_a_block_pipelines_with_one_at_the_start_of_the_next():
    pieces = [(CODE, "ldr r0, [r1]"), (CODE + 2, "ldr r2, [r3]; mov r4, r5")]
    joined, _, _ = cycles_of("cortex-m4", pieces, [(0, 1, 1)], [1, 1])
    assert joined.total == 4  # three for the two loads, one for the move
    dependent = [(CODE, "ldr r0, [r1]"), (CODE + 2, "ldr r2, [r0]; mov r4, r5")]
    assert cycles_of("cortex-m4", dependent, [(0, 1, 1)], [1, 1])[0].total == 5


def test_a_branch_that_goes_both_ways_mispredicts_its_rarer_way_on_m7():
    pieces = [(CODE, "subs r0, r0, #1; bne .-2"), (CODE + 4, "nop")]
    layer, _, _ = cycles_of("cortex-m7", pieces, [(0, 0, 90), (0, 1, 10)], [100, 10])
    always, _, _ = cycles_of("cortex-m7", pieces, [(0, 0, 100), (0, 1, 0)], [100, 10])
    assert layer.branch - always.branch == 10 * 5


def test_causes_sum_to_the_total_and_the_interval_holds_it():
    memory = [MemoryCounts(region="flash", fetches=50, fetch_misses=20, fetch_sequential_misses=5, read_misses=7)]
    text = "ldr r0, [r1]; mul r2, r0, r3; sdiv r2, r2, r4; vadd.f32 s0, s1, s2; vadd.f32 s0, s0, s2; bne .-2"
    layer, result, _ = cycles_of("cortex-m4", [(CODE, text)], [(0, 0, 99)], [100], memory)
    assert sum_of_causes(layer) == layer.total
    assert min(layer.issue, layer.load_use, layer.branch, layer.multiply_divide, layer.fpu, *waits(layer)) > 0
    assert layer.low < layer.total < layer.high
    assert layer.high - layer.total == pytest.approx(layer.total * result.error_fraction, abs=1)
    assert result.total_cycles == layer.total
    assert layer.instructions == 600
    assert result.validated  # the sample board is one of the parts compared


def test_an_edge_from_another_layer_is_looked_up_there():
    code = assemble("cortex-m4", ("bl .", "nop"))
    caller = BlockCount(address=CODE, size_bytes=4, instructions=1, count=1)
    callee = BlockCount(address=CODE + 64, size_bytes=2, instructions=1, count=1)
    edge = EdgeCount(from_address=CODE, to_address=CODE + 64, count=1)
    layers = (
        LayerExecution(layer=-1, blocks=(caller,), edges=(), memory=()),
        LayerExecution(layer=0, blocks=(callee,), edges=(edge,), memory=()),
    )
    image = image_of([(CODE, code["bl ."]), (CODE + 64, code["nop"])])
    result = estimate(ExecutionProfile(layers=layers), board_with("cortex-m4"), image)
    assert [layer.layer for layer in result.layers] == [-1, 0]
    assert [layer.total for layer in result.layers] == [1, 2]
    assert result.total_cycles == 3


def test_a_block_cut_into_two_sizes_is_counted_once_for_each():
    text = "nop; nop; nop"
    code = assemble("cortex-m4", (text,))[text]
    blocks = tuple(BlockCount(address=CODE, size_bytes=size, instructions=size // 2, count=5) for size in (4, 6))
    edges = (EdgeCount(from_address=CODE, to_address=CODE, count=8),)
    layer = LayerExecution(layer=0, blocks=blocks, edges=edges, memory=())
    result = estimate(ExecutionProfile(layers=(layer,)), board_with("cortex-m0plus"), image_of([(CODE, code)]))
    assert result.layers[0].issue == 5 * 2 + 5 * 3
    assert result.layers[0].branch == 8


def test_instructions_without_a_cost_are_counted_and_told():
    _, result, _ = cycles_of("cortex-m3", [(CODE, "mla r0, r1, r2, r3")], [], [3])
    assert result.warnings == ()
    foreign = b"\x10\xee\x10\x0a"  # vmov r0, s0: not on a Cortex-M3
    block = BlockCount(address=CODE, size_bytes=4, instructions=1, count=12)
    profile = ExecutionProfile(layers=(LayerExecution(layer=0, blocks=(block,), edges=(), memory=()),))
    warned = estimate(profile, board_with("cortex-m3"), image_of([(CODE, foreign)]))
    assert warned.warnings[0].startswith("12 executed instructions are not in the cost table of cortex-m3")
    assert warned.total_cycles == 12


def test_explain_puts_the_most_expensive_block_first_and_annotates_each_instruction():
    pieces = [(CODE, "nop"), (CODE + 2, "ldr r0, [r1]; add r2, r0, r3")]
    _, _, listing = cycles_of("cortex-m4", pieces, [(0, 1, 1)], [1, 10])
    assert [block.address for block in listing] == [CODE + 2, CODE]
    load, add = listing[0].instructions
    assert (load.text, load.kind, add.address) == ("ldr r0, [r1]", "load", CODE + 4)
    assert listing[0].cycles == 30


def test_an_unknown_layer_names_the_layers_there_are():
    profile = ExecutionProfile(layers=(LayerExecution(layer=4, blocks=(), edges=(), memory=()),))
    with pytest.raises(RunError, match="no layer 9") as caught:
        explain(profile, sample_board(), image_of([]), 9)
    assert "4" in caught.value.hint


def test_code_outside_of_the_image_is_an_error_with_its_address():
    block = BlockCount(address=0x2000_0000, size_bytes=2, instructions=1, count=1)
    profile = ExecutionProfile(layers=(LayerExecution(layer=0, blocks=(block,), edges=(), memory=()),))
    with pytest.raises(RunError, match="0x20000000"):
        estimate(profile, sample_board(), image_of([(CODE, b"\x00\xbf")]))


def test_a_core_without_a_table_lists_the_cores_that_have_one():
    with pytest.raises(BoardError, match="cortex-m99") as caught:
        estimate(ExecutionProfile(layers=()), board_with("cortex-m99"), image_of([]))
    assert "cortex-m4" in caught.value.hint


def test_a_missing_or_damaged_elf_is_a_run_error(tmp_path):
    with pytest.raises(RunError):
        code_image(tmp_path / "none.elf")
    damaged = tmp_path / "damaged.elf"
    damaged.write_bytes(b"not an ELF file at all")
    with pytest.raises(RunError):
        code_image(damaged)


def test_a_part_that_was_never_compared_has_the_wider_interval_and_is_not_validated() -> None:
    board = board_with("cortex-m4")
    code = image_of([(CODE, assemble("cortex-m4", ("nop",))["nop"])])
    layer = LayerExecution(
        layer=0,
        blocks=(BlockCount(address=CODE, size_bytes=2, instructions=1, count=1000),),
        edges=(),
        memory=(),
    )
    profile = ExecutionProfile(layers=(layer,))
    compared = estimate(profile, board, code)
    other = estimate(profile, dataclasses.replace(board, soc="another"), code)
    assert compared.validated
    assert not other.validated
    assert other.error_fraction > compared.error_fraction
    assert other.layers[0].high - other.layers[0].low > compared.layers[0].high - compared.layers[0].low
