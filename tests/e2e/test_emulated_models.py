"""The emulator on a whole model: watching more changes nothing, and what is counted fits together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.run.model import DISPATCH, RunResult
from profiler.run.unicorn_runner import UnicornRunner
from tests.support.firmware import firmware

BOARDS = ("nucleo_l4r5zi", "nucleo_h7a3zi", "nrf5340_dk", "raspberry_pi_pico")


@pytest.fixture(scope="module", params=BOARDS)
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, RunResult]:
    """The autoencoder with and without the memory simulation."""
    model = resolve("zoo:ad").read_bytes()
    cache: Path = tmp_path_factory.mktemp("cache")
    built = firmware(model, cache, request.param)
    inputs = seeded_inputs(read(model), 2, 0)
    board = load_board(request.param)
    watched = UnicornRunner().run(built, board, inputs)
    return watched, UnicornRunner(memory_simulation=False).run(built, board, inputs)


def test_outputs_and_counts_are_the_same_with_and_without_memory_simulation(runs: tuple[RunResult, RunResult]) -> None:
    watched, unwatched = runs
    assert watched.outputs == unwatched.outputs
    assert watched.emulated_instructions == unwatched.emulated_instructions
    assert watched.stack_high_water_bytes == unwatched.stack_high_water_bytes
    layers = tuple(replace(layer, memory=(), misses=(), unaligned=()) for layer in watched.profile.layers)
    assert layers == unwatched.profile.layers


def test_incoming_edges_sum_to_the_count_of_every_block(runs: tuple[RunResult, RunResult]) -> None:
    for layer in runs[0].profile.layers:
        incoming: Counter[int] = Counter()
        for edge in layer.edges:
            incoming[edge.to_address] += edge.count
        counts: Counter[int] = Counter()
        for block in layer.blocks:
            counts[block.address] += block.count
        assert incoming == counts


def test_every_layer_runs_in_order_and_dispatch_is_next_to_nothing(runs: tuple[RunResult, RunResult]) -> None:
    profile = runs[0].profile
    numbers = [layer.layer for layer in profile.layers]
    assert numbers == [DISPATCH, *sorted(numbers[1:])]
    assert profile.layers[0].instructions < 10 * len(numbers)


def test_reads_and_fetches_outnumber_their_misses(runs: tuple[RunResult, RunResult]) -> None:
    for layer in runs[0].profile.layers:
        assert layer.memory
        for memory in layer.memory:
            assert memory.fetch_sequential_misses <= memory.fetch_misses <= memory.fetches
            assert memory.read_sequential_misses <= memory.read_misses <= 2 * memory.reads
