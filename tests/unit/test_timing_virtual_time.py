"""Counters of emulators are told from those of cores. The figures of Renode are its own, of `zoo:ad` and `zoo:kws`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.run.model import MeasuredLayer, MeasuredProfile
from profiler.timing.virtual_time import Counter, counted

MHZ = 1_000_000
# zoo:ad on nucleo_l4r5zi, the counter read around each layer: instructions, the cost model's cycles.
INSTRUCTIONS = dict(enumerate((93446, 19718, 19718, 19718, 1238, 2438, 19718, 19718, 19718, 99686)))
MODELLED = dict(enumerate((174183, 36977, 36967, 36993, 2506, 4496, 36977, 36967, 36977, 185498)))


def _profile(layers: Sequence[int] | Mapping[int, int], *, whole: int = 0) -> MeasuredProfile:
    cycles = dict(enumerate(layers)) if isinstance(layers, Sequence) else layers
    return MeasuredProfile(
        cycles=(whole or sum(cycles.values()),),
        layers=tuple(MeasuredLayer(layer=layer, cycles=(each,)) for layer, each in cycles.items()),
    )


def _counted(profile: MeasuredProfile, clock_hz: int = 120 * MHZ) -> Counter:
    return counted(profile, clock_hz=clock_hz, instructions=INSTRUCTIONS, modelled=MODELLED)


def test_renode_1_16_counts_instructions() -> None:
    layers = (93453, 19725, 19725, 19725, 1245, 2445, 19725, 19725, 19725, 99693)
    assert _counted(_profile(layers, whole=315_132)) is Counter.VIRTUAL_TIME


def test_renode_1_15_counts_in_steps() -> None:
    layers = (84000, 24000, 24000, 12000, 0, 12000, 12000, 24000, 12000, 108000)
    assert _counted(_profile(layers, whole=312_000)) is Counter.VIRTUAL_TIME


def test_systick_of_renode_counts_in_microseconds() -> None:
    layers = (2711338, 1474571, 3401608, 1474837, 3401475, 1474704, 3401475, 1474571, 3401608, 38437)
    assert _counted(_profile(layers, whole=22_261_008), 133 * MHZ) is Counter.VIRTUAL_TIME


@given(rate=st.floats(0.2, 20), offset=st.integers(0, 16))
def test_time_that_passes_alike_for_every_instruction_is_virtual_whatever_its_rate(rate: float, offset: int) -> None:
    layers = {number: round(rate * count) + offset for number, count in INSTRUCTIONS.items()}
    assert _counted(_profile(layers)) is Counter.VIRTUAL_TIME


@given(errors=st.lists(st.floats(0.9, 1.1), min_size=10, max_size=10), rate=st.floats(0.5, 2))
def test_cycles_like_those_of_the_cost_model_are_a_core_s(errors: list[float], rate: float) -> None:
    layers = {number: round(rate * MODELLED[number] * error) for number, error in enumerate(errors)}
    expected = {
        number: count * sum(layers.values()) / sum(INSTRUCTIONS.values()) for number, count in INSTRUCTIONS.items()
    }
    if all(abs(layers[number] - expected[number]) < 0.002 * expected[number] + 64 for number in layers):
        return  # in proportion by chance
    assert _counted(_profile(layers)) is Counter.CYCLES


@pytest.mark.parametrize("numbers", [(1,), (1, 2, 3)])
def test_layers_that_are_alike_tell_nothing(numbers: tuple[int, ...]) -> None:
    assert _counted(_profile(dict.fromkeys(numbers, 19725))) is Counter.UNTOLD


def test_without_layers_nothing_is_told() -> None:
    assert _counted(MeasuredProfile(cycles=(315_137,), layers=(), layers_unavailable="no room")) is Counter.UNTOLD


def test_a_slow_clock_has_no_steps_to_tell() -> None:
    assert _counted(_profile(MODELLED), MHZ) is Counter.CYCLES
