"""Whether a cycle counter counted a core's cycles, or the virtual time of an emulator, which knows no cycles.

Emulators of whole systems let the same time pass for each instruction, and their counters follow it, in steps or not.
No core does: loads, branches, divides and waiting for memory take what they take. So a counter that is in proportion to
the instructions of every layer, where the cost model says that cycles would not be, or that goes in whole microseconds,
is no core's.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from enum import StrEnum

from profiler.run.model import MeasuredProfile

_READING_CYCLES = 32  # around a layer: of reading the counter, and of a time slice's end in it
_PROPORTION = 0.001  # of its cycles: far less than two kinds of layers differ on any core
_CLEARLY = 3.0  # so many times as far from proportion as virtual time may be
_LEAST_STEP_CYCLES, _LEAST_STEPPED = 8, 4  # of a step, and counts that are whole steps: no chance


class Counter(StrEnum):
    """What a counter was found to count. UNTOLD: the layers are too alike to tell."""

    CYCLES = "cycles"
    VIRTUAL_TIME = "virtual time"
    UNTOLD = "untold"


def counted(
    profile: MeasuredProfile, *, clock_hz: int, instructions: Mapping[int, int], modelled: Mapping[int, float]
) -> Counter:
    """What the counter behind a measurement counted. `instructions` and the cost model's cycles are by layer, of the
    same code with the counter read around each."""
    if _goes_in_microseconds(profile, clock_hz):
        return Counter.VIRTUAL_TIME
    measured = {
        layer.layer: statistics.median(layer.cycles) for layer in profile.layers if instructions.get(layer.layer)
    }
    if not measured:
        return Counter.UNTOLD
    if _farthest(measured, instructions) > 1:
        return Counter.CYCLES
    expected = {number: modelled[number] for number in measured}
    return Counter.VIRTUAL_TIME if _farthest(expected, instructions) > _CLEARLY else Counter.UNTOLD


def _goes_in_microseconds(profile: MeasuredProfile, clock_hz: int) -> bool:
    step_cycles = clock_hz // 1_000_000
    counts = [*profile.cycles, *(cycles for layer in profile.layers for cycles in layer.cycles)]
    return (
        step_cycles >= _LEAST_STEP_CYCLES
        and len(counts) >= _LEAST_STEPPED
        and any(counts)
        and all(count % step_cycles == 0 for count in counts)
    )


def _farthest(cycles: Mapping[int, float], instructions: Mapping[int, int]) -> float:
    """How far the layer that is farthest from it is from being in proportion, 1 for as far as virtual time may be."""
    rate = sum(cycles.values()) / sum(instructions[number] for number in cycles)
    expected = {number: rate * instructions[number] for number in cycles}
    return max(
        abs(cycles[number] - expected[number]) / (_READING_CYCLES + _PROPORTION * expected[number]) for number in cycles
    )
