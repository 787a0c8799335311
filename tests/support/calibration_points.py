"""Measured points made by the model itself: a board, counts written by hand, and cycles at known parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from profiler.boards.model import Board, Cache, CacheServes, FreeParameter, Replacement
from profiler.calibration.model import CalibrationPoint
from profiler.run.model import BlockCount, LayerExecution, MemoryCounts
from tests.support.sample_profile import sample_board

CORE_CYCLES = 100_000
MISS = FreeParameter(name="miss", fields=("caches.l1.miss_cycles",), low=0, high=20, source="test")
OVERLAP = FreeParameter(
    name="overlap", fields=("memories.flash.prefetch_overlap",), low=0, high=1, source="nothing states it"
)
DATA = FreeParameter(name="data", fields=("memories.flash.data_wait_factor",), low=0, high=3, source="test")
EXTRA = FreeParameter(name="extra", fields=("memories.flash.extra_wait_cycles",), low=0, high=10, source="test")


def free_board(*parameters: FreeParameter) -> Board:
    """A board whose flash is waited for, prefetched, and behind an instruction cache."""
    board = sample_board()
    flash = replace(board.memories[0], name="flash", read_wait_cycles=5, prefetch=True, line_bytes=16)
    cache = Cache(
        name="l1", serves=CacheServes.INSTRUCTION, regions=("flash",), size_bytes=1024, line_bytes=16, ways=4,
        replacement=Replacement.LRU, source="test",
    )  # fmt: skip
    return replace(board, memories=(flash, *board.memories[1:]), caches=(cache,), free_parameters=parameters)


def counted(misses: int, sequential: int, reads: int) -> LayerExecution:
    """Counts of a layer that fetches some 300 kB of instructions."""
    block = BlockCount(address=0x0800_0000, size_bytes=30, instructions=10, count=10_000)
    memory = MemoryCounts(
        region="flash", fetches=20_000, fetch_misses=misses, fetch_sequential_misses=sequential, reads=reads,
        read_misses=reads,
    )  # fmt: skip
    return LayerExecution(layer=0, blocks=(block,), edges=(), memory=(memory,))


def measured_points(board: Board, truth: Mapping[str, float], noise: tuple[float, ...]) -> list[CalibrationPoint]:
    """As many points as there are noise fractions, each waiting in another mixture of ways."""
    points = []
    for index, error in enumerate(noise):
        layer = counted(2_000 + 900 * index, 500 * (index % 5), 700 * (index * index % 7))
        point = CalibrationPoint(
            name=f"point {index}", digest=f"{index:064x}", measured_cycles=1, fitted=True, board=board,
            layers=((layer, CORE_CYCLES),),
        )  # fmt: skip
        cycles = point.cycles(board.free_parameters, dict(truth)) * (1 + error)
        points.append(replace(point, measured_cycles=round(cycles)))
    return points
