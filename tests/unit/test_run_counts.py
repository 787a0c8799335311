"""Counts of the emulator against programs whose execution is known by hand."""

import pytest

from profiler.run.model import DISPATCH, EdgeCount
from tests.bare.firmware import CORES, board, build, power_up

# model_invoke calls a loop of ten rounds, then a function that calls another one twice.
LOOPS = """
#include "bare.h"
__asm__(
  ".syntax unified\\n.thumb\\n"
  ".type model_invoke,%function\\n.global model_invoke\\n"
  "model_invoke: push {r4, lr}\\n bl layer_00_loop\\n bl layer_07_calls\\n pop {r4, pc}\\n"
  ".size model_invoke, .-model_invoke\\n"
  ".type layer_00_loop,%function\\n"
  "layer_00_loop: movs r0, #10\\n1: subs r0, #1\\n bne 1b\\n bx lr\\n.size layer_00_loop, .-layer_00_loop\\n"
  ".type layer_07_calls,%function\\n"
  "layer_07_calls: push {r4, lr}\\n bl shared\\n bl shared\\n pop {r4, pc}\\n.size layer_07_calls, .-layer_07_calls\\n"
  ".type shared,%function\\n"
  "shared: movs r1, #3\\n 2: subs r1, #1\\n bne 2b\\n bx lr\\n.size shared, .-shared\\n");
void model_invoke(void);
__attribute__((noinline)) void elsewhere(void) { for (volatile int i = 0; i < 50; i++) {} }
void test_main(void) { model_invoke(); elsewhere(); model_invoke(); elsewhere(); }
"""


@pytest.fixture(scope="module")
def loops(tmp_path_factory):
    target = board()
    return build(tmp_path_factory.mktemp("loops"), target, source=LOOPS), target


def test_a_loop_of_ten_rounds_is_counted_as_ten(loops):
    firmware, target = loops
    layers = {layer.layer: layer for layer in power_up(firmware, target).profile.layers}
    entry = firmware.symbol_address("layer_00_loop")
    counts = {block.address - entry: (block.size_bytes, block.instructions, block.count) for block in layers[0].blocks}
    assert counts == {0: (6, 3, 1), 2: (4, 2, 9), 6: (2, 1, 1)}
    assert layers[0].instructions == 3 + 9 * 2 + 1


def test_edges_of_the_loop_are_counted_by_hand(loops):
    firmware, target = loops
    layers = {layer.layer: layer for layer in power_up(firmware, target).profile.layers}
    entry, invoke = firmware.symbol_address("layer_00_loop"), firmware.symbol_address("model_invoke")
    assert layers[0].edges == tuple(
        sorted(
            (
                EdgeCount(from_address=invoke, to_address=entry, count=1),
                EdgeCount(from_address=entry, to_address=entry + 2, count=1),
                EdgeCount(from_address=entry + 2, to_address=entry + 2, count=8),
                EdgeCount(from_address=entry + 2, to_address=entry + 6, count=1),
            ),
            key=lambda edge: (edge.from_address, edge.to_address),
        )
    )


def test_a_shared_function_belongs_to_the_layer_that_calls_it(loops):
    firmware, target = loops
    layers = {layer.layer: layer for layer in power_up(firmware, target).profile.layers}
    shared = firmware.symbol_address("shared")
    counts = {block.address: block.count for block in layers[7].blocks}
    assert (counts[shared], counts[shared + 2], counts[shared + 6]) == (2, 4, 2)
    assert shared not in {block.address for block in layers[0].blocks}
    assert layers[7].instructions == 2 + 1 + 1 + 2 * (3 + 2 * 2 + 1)


def test_only_the_last_inference_counts_and_nothing_around_it(loops):
    firmware, target = loops
    run = power_up(firmware, target)
    assert [layer.layer for layer in run.profile.layers] == [DISPATCH, 0, 7]
    assert run.profile.layers[0].instructions == 2 + 1 + 1  # push, bl · bl · pop
    assert run.status.inferences == 2
    assert run.status.instructions > 2 * run.profile.instructions


@pytest.mark.parametrize("core_name", sorted(CORES))
def test_counts_are_the_same_on_every_core(tmp_path, loops, core_name):
    target = board(core_name)
    profile = power_up(build(tmp_path, target, source=LOOPS), target).profile
    reference = power_up(*loops).profile
    assert [layer.instructions for layer in profile.layers] == [layer.instructions for layer in reference.layers]


def test_incoming_edges_of_a_block_sum_to_its_count(loops):
    for layer in power_up(*loops).profile.layers:
        incoming = dict.fromkeys((block.address for block in layer.blocks), 0)
        for edge in layer.edges:
            incoming[edge.to_address] += edge.count
        assert incoming == {block.address: block.count for block in layer.blocks}


def test_two_runs_count_the_same(loops):
    first, second = power_up(*loops), power_up(*loops)
    assert first.profile == second.profile
    assert first.status.instructions == second.status.instructions


# A dispatch table through which one block reaches more successors than the tracer keeps beside it.
MANY_TARGETS = """
#include "bare.h"
#define TARGET(n) __attribute__((noinline)) void target_##n(void) { __asm volatile("" ::: "memory"); }
TARGET(0) TARGET(1) TARGET(2) TARGET(3) TARGET(4) TARGET(5) TARGET(6) TARGET(7)
static void (*const table[])(void) = {target_0, target_1, target_2, target_3, target_4, target_5, target_6, target_7};
__attribute__((noinline)) void layer_00_table(void) { for (volatile int i = 0; i < 24; i++) table[i & 7](); }
__attribute__((noinline)) void model_invoke(void) { layer_00_table(); __asm volatile(""); }
void test_main(void) { model_invoke(); }
"""


def test_a_block_with_many_successors_keeps_every_edge(tmp_path):
    target = board()
    firmware = build(tmp_path, target, source=MANY_TARGETS)
    (layer,) = (layer for layer in power_up(firmware, target).profile.layers if layer.layer == 0)
    targets = {firmware.symbol_address(f"target_{number}"): 3 for number in range(8)}
    incoming = dict.fromkeys(targets, 0)
    for edge in layer.edges:
        if edge.to_address in incoming:
            incoming[edge.to_address] += edge.count
    assert incoming == targets
    assert {block.address: block.count for block in layer.blocks if block.address in targets} == targets
