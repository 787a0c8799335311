"""Finds random networks that together hold every kernel: `python -m tests.support.network_seeds` prints their seeds.

For tests/e2e/test_random_networks.py, after a kernel or a step of the networks is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from profiler.boards.loader import load_board
from profiler.boards.model import Core
from profiler.codegen.choose import choose_layers
from profiler.codegen.kernels import kernels
from profiler.graph.tflite_reader import read
from tests.support.random_networks import random_network

BOARDS = ("nucleo_l4r5zi", "nucleo_g0b1re")
NOT_IN_NETWORKS = frozenset({"padv2_f32_ref", "padv2_s8_ref", "padv2_s16_ref"})  # PAD with a value of its own
_CANDIDATES = 3000


def held_kernels(network: bytes, cores: Iterable[Core]) -> frozenset[str]:
    """Names of the kernels that any of these cores takes for the network."""
    graph = read(network)
    return frozenset(layer.kernel.name for core in cores for layer in choose_layers(graph, core))


def covering(held: Mapping[int, frozenset[str]], wanted: frozenset[str]) -> tuple[int, ...]:
    """Few seeds that hold what is wanted: always the one that adds most. ValueError when they cannot."""
    chosen: list[int] = []
    missing = wanted
    while missing:
        best = max(held, key=lambda seed: (len(held[seed] & missing), -seed))
        if not held[best] & missing:
            raise ValueError(f"no network holds {', '.join(sorted(missing))}")
        chosen.append(best)
        missing -= held[best]
    return tuple(chosen)


def _print_seeds() -> None:
    cores = [load_board(board).core for board in BOARDS]
    wanted = frozenset(kernel.name for kernel in kernels()) - NOT_IN_NETWORKS
    for integer, is_of in (("int8", lambda name: "s16" not in name), ("int16", lambda name: "s16" in name)):
        held = {seed: held_kernels(random_network(seed, integer), cores) for seed in range(_CANDIDATES)}
        print(integer, covering(held, frozenset(filter(is_of, wanted))))


if __name__ == "__main__":
    _print_seeds()
