"""The waits of a layer, shared out to the instructions at which they were counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from profiler.run.model import MissCount
from profiler.timing.memory import MemoryWait, RegionWait


def instruction_waits(
    wait: MemoryWait, misses: Sequence[MissCount], loads: Mapping[int, int]
) -> dict[int, tuple[int, int]]:
    """(fetch wait, data wait) by address. They sum to the layer's as far as the runner told where misses were.

    `loads` are executions by address of instructions that read memory: what fetches lost to them on a shared bus is
    theirs. A wait is shared out by misses, a sequential one for the part of a wait that the prefetcher leaves.
    """
    fetch: dict[int, int] = defaultdict(int)
    data: dict[int, int] = defaultdict(int)
    for region in wait.regions:
        here = [miss for miss in misses if miss.region == region.region]
        addresses = [miss.address for miss in here]
        _add(fetch, addresses, region.fetch_cycles, [_fetch_weight(miss, region) for miss in here])
        _add(data, addresses, region.data_cycles, [_read_weight(miss, region) for miss in here])
        _add(fetch, list(loads), region.shared_bus_cycles, list(loads.values()))
    return {address: (fetch[address], data[address]) for address in sorted(fetch.keys() | data.keys())}


def _fetch_weight(miss: MissCount, region: RegionWait) -> float:
    sequential = miss.fetch_sequential_misses
    return miss.fetch_misses - sequential + sequential * max(_LEAST, region.sequential_fetch_share)


def _read_weight(miss: MissCount, region: RegionWait) -> float:
    sequential = miss.read_sequential_misses
    return miss.read_misses - sequential + sequential * max(_LEAST, region.sequential_read_share)


_LEAST = 1e-6  # a layer whose misses are all hidden ones still has a place for its few cycles


def _add(cycles: dict[int, int], addresses: Sequence[int], total: int, weights: Sequence[float]) -> None:
    for address, share in zip(addresses, shares(total, weights), strict=True):
        cycles[address] += share


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in the proportion of the weights that sum to `total`; all zero when no weight is above zero."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    parts, sum_of_weights, before = [], 0.0, 0
    for weight in weights:
        sum_of_weights += weight
        now = round(total * sum_of_weights / whole)
        parts.append(now - before)
        before = now
    parts[-1] += total - before
    return parts
