"""Random networks through the whole pipeline: planner, kernels and emulator together give what TFLM gives."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest

from profiler.boards.loader import load_board
from profiler.build.model import Optimization
from profiler.codegen.kernels import kernels
from profiler.pipeline import Options, profile
from profiler.report.profile import Correctness
from profiler.settings import load_settings
from tests.support.network_seeds import BOARDS, NOT_IN_NETWORKS, held_kernels
from tests.support.random_networks import EVERY_STEP, FIRST_STEPS, random_network

_UNALIGNED = 1587  # of the first steps: at -O3 it reads an unaligned word beside an LDRD with the same base register
# Together they hold every kernel: `python -m tests.support.network_seeds`.
_SEEDS = (283, 256, 778, 223, 938, 1559, 2789, 1494, 2546, 257, 5, 9, _UNALIGNED)
_INT16_SEEDS = (1323, 1819, 884, 2604, 2098, 143)  # the networks of int16, with parts in int8 and float32
_FASTEST = ("nucleo_l4r5zi", Optimization.SPEED, "auto", "best")
_OTHERS = (
    ("nucleo_g0b1re", Optimization.BALANCED, "auto", "greedy_by_breadth"),
    ("nucleo_u575zi", Optimization.SIZE, "auto", "best"),
    ("nrf5340_dk", Optimization.BALANCED, "auto", "best"),
    ("nucleo_h7a3zi", Optimization.BALANCED, "auto", "best"),
    ("nrf52840_dk", Optimization.SIZE, "ref", "naive"),
    ("raspberry_pi_pico", Optimization.SIZE, "auto", "best"),
    ("disco_f746ng", Optimization.SPEED, "auto", "branch_and_bound"),
)
_RUNS = [(seed, "int8", *way) for seed, other in zip(_SEEDS, cycle(_OTHERS), strict=False) for way in (_FASTEST, other)]
_RUNS += [(seed, "int16", *way) for seed, way in zip(_INT16_SEEDS, (_FASTEST, *_OTHERS), strict=False)]


def _network(seed: int, integer: str) -> bytes:
    return random_network(seed, integer, steps=FIRST_STEPS if seed == _UNALIGNED else EVERY_STEP)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize(("seed", "integer", "board", "optimization", "variant", "planner"), _RUNS)
def test_a_network_gives_the_reference_outputs_on_any_core_with_any_options(
    seed: int,
    integer: str,
    board: str,
    optimization: Optimization,
    variant: str,
    planner: str,
    cache: Path,
    tmp_path: Path,
) -> None:
    model = tmp_path / "network.tflite"
    model.write_bytes(_network(seed, integer))
    options = Options(optimization=optimization, kernels=variant, planner=planner, seed=seed, input_sets=2)
    result = profile(model, board=board, options=options, settings=load_settings(cache_folder=cache))
    assert isinstance(result.correctness, Correctness), result.correctness
    assert result.correctness.agrees, result.correctness


def test_the_networks_hold_every_kernel() -> None:
    cores = [load_board(board).core for board in BOARDS]
    networks = [(seed, "int8") for seed in _SEEDS] + [(seed, "int16") for seed in _INT16_SEEDS]
    held = frozenset[str]().union(*(held_kernels(_network(*network), cores) for network in networks))
    assert {kernel.name for kernel in kernels()} - held == NOT_IN_NETWORKS
