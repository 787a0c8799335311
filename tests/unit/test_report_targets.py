"""Measurements beside the emulator: spread, differences, warnings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiler.report.counted import fold_counted
from profiler.report.renderers import RENDERERS
from profiler.report.serialize import from_json, to_json
from profiler.report.target_table import (
    TARGET_HEADINGS,
    format_difference_fraction,
    format_iqr,
    target_layer_headings,
    target_layer_rows,
    target_rows,
)
from profiler.report.targets import fold_target, spread, target_warnings
from profiler.run.model import (
    BlockCount,
    ClockCheck,
    EdgeCount,
    ExecutionProfile,
    LayerExecution,
    MeasuredLayer,
    MeasuredProfile,
    MeasuredRun,
    RunResult,
)
from profiler.timing.model import Basis, CycleEstimate, LayerCycles
from tests.support.sample_profile import sample_profile


def _layer(number: int, total: int) -> LayerCycles:
    return LayerCycles(
        layer=number,
        instructions=1,
        issue=total,
        load_use=0,
        branch=0,
        multiply_divide=0,
        fpu=0,
        fetch_wait=0,
        data_wait=0,
        total=total,
        low=total,
        high=total,
    )


EMULATED = CycleEstimate(
    core="cortex-m4",
    clock_hz=1_000_000,
    layers=(_layer(-1, 10), _layer(0, 990)),
    error_fraction=0.1,
    error_source="",
    validated=True,
)


def _run(*, cycles: tuple[int, ...] = (1100,), measured_hz: float = 1_000_000) -> MeasuredRun:
    return MeasuredRun(
        runner="serial",
        outputs=((b"a",),),
        profile=MeasuredProfile(cycles=cycles, layers=(MeasuredLayer(layer=0, cycles=(1000, 1200)),)),
        stack_high_water_bytes=100,
        memory_bytes={"arena": 1, "free": 2},
        build_id="",
        core_id=0x410FC241,
        clock=ClockCheck(believed_hz=1_000_000, measured_hz=measured_hz, uncertainty_hz=1000),
        repeated_exchanges=0,
        wall_seconds=1,
        transcript="",
    )


def _fold(run: MeasuredRun, *, outputs: bytes = b"a", silicon: bool = True, usb: bool = True):
    return fold_target(
        run, EMULATED, EMULATED, name="desk", location="", silicon=silicon, usb=usb, outputs=((outputs,),)
    )


def test_differences_are_of_the_emulator_from_the_measurement() -> None:
    target = _fold(_run())
    assert target.difference_fraction == pytest.approx(1000 / 1100 - 1)
    assert target.layers[0].difference_fraction == pytest.approx(990 / 1100 - 1)
    assert target.latency_ms == pytest.approx(1.1)


def test_an_emulator_that_has_a_core_s_cpuid_measures_nothing() -> None:
    """Its counter goes by instructions, where the cost model says that layers differ."""
    layers = tuple(replace(_layer(number, total), instructions=500) for number, total in enumerate((990, 2000, 500)))
    emulated = replace(EMULATED, layers=layers)
    virtual = tuple(MeasuredLayer(layer=number, cycles=(507,)) for number in range(3))
    run = replace(_run(), profile=MeasuredProfile(cycles=(1520,), layers=virtual))

    def folded(*, usb: bool):
        return fold_target(run, emulated, emulated, name="far", location="", silicon=True, usb=usb, outputs=((b"a",),))

    assert folded(usb=False).basis is Basis.EMULATED
    (warning,) = target_warnings(folded(usb=False))
    assert "behind far is an emulator" in warning
    assert folded(usb=True).basis is Basis.MEASURED  # behind a USB device there is none
    assert not target_warnings(folded(usb=True))


def test_what_cannot_be_told_from_an_emulator_is_said_to_be_so() -> None:
    target = _fold(_run(), usb=False)  # of a single layer
    assert (target.basis, target.silicon_untold) == (Basis.MEASURED, True)
    (warning,) = target_warnings(target)
    assert "desk is not known to be silicon" in warning
    assert not _fold(_run(), usb=False, silicon=False).silicon_untold


def test_only_silicon_measures() -> None:
    assert _fold(_run()).basis is Basis.MEASURED
    assert _fold(_run(), silicon=False).basis is Basis.EMULATED_MODEL


def test_a_wrong_clock_and_other_outputs_are_warned_of() -> None:
    assert target_warnings(_fold(_run())) == ()
    (clock,) = target_warnings(_fold(_run(measured_hz=900_000)))
    assert "runs at 0.9 MHz by host time" in clock
    (outputs,) = target_warnings(_fold(_run(), outputs=b"b"))
    assert "differ from the embedded emulator's" in outputs


def test_quartiles_and_outliers() -> None:
    values = spread([100, 101, 102, 103, 104, 200])
    assert (values.median, values.lower_quartile, values.upper_quartile) == (102.5, 101.25, 103.75)
    assert (values.outliers, values.minimum, values.maximum, values.repetitions) == (1, 100, 200, 6)
    assert format_iqr(values) == "2"
    assert format_iqr(spread([7])) == "—"


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
def test_quartiles_are_ordered_and_between_the_extremes(values: list[int]) -> None:
    found = spread(values)
    ordered = [found.minimum, found.lower_quartile, found.median, found.upper_quartile, found.maximum]
    assert ordered == sorted(ordered)
    assert 0 <= found.outliers < len(values)


@pytest.mark.parametrize(
    ("fraction", "text"), [(0.0, "0.00 %"), (-0.00001, "0.00 %"), (0.0123, "+1.23 %"), (-0.5, "-50.00 %")]
)
def test_differences_are_shown_with_their_sign(fraction: float, text: str) -> None:
    assert format_difference_fraction(fraction) == text


def _counted(*counts: int, runner: str = "renode 1.16.1", output: bytes = b"a") -> RunResult:
    """A run in which layer i's one block of two instructions is executed so often."""
    layers = tuple(
        LayerExecution(
            layer=layer,
            blocks=(BlockCount(address=layer, size_bytes=4, instructions=2, count=count),),
            edges=(EdgeCount(from_address=layer, to_address=layer, count=count),),
            memory=(),
        )
        for layer, count in enumerate(counts)
    )
    return RunResult(
        runner=runner,
        outputs=((output,),),
        profile=ExecutionProfile(layers=layers),
        stack_high_water_bytes=64,
        emulated_instructions=0,
        wall_seconds=0,
        transcript="",
    )


def test_a_second_emulator_is_compared_count_by_count() -> None:
    same = fold_counted(_counted(10, 20), _counted(10, 20))
    assert (same.instructions, same.emulated_instructions, same.unequal_counts, same.outputs_equal) == (60, 60, 0, True)
    other = fold_counted(_counted(10, 21, output=b"b"), _counted(10, 20))
    assert [layer.unequal_counts for layer in other.layers] == [0, 2]
    assert (other.instructions, other.outputs_equal) == (62, False)
    less = fold_counted(_counted(10), _counted(10, 20))
    assert [(layer.instructions, layer.emulated_instructions) for layer in less.layers] == [(20, 20), (0, 40)]


def test_a_report_has_emulator_renode_and_board_side_by_side() -> None:
    profile = sample_profile()
    indices = [layer.index for layer in profile.layers]
    counts = [10] * (max(indices) + 1)
    run = fold_counted(_counted(*counts[:-1], 11), _counted(*counts))
    both = replace(profile, counted=(run,), targets=(_fold(_run()),))
    assert from_json(to_json(both)) == both
    places = [row[0] for row in target_rows(both)]
    assert places == ["embedded emulator", "renode 1.16.1", "desk ()"]
    renode = dict(zip(TARGET_HEADINGS, target_rows(both)[1], strict=True))
    assert (renode["emulator"], renode["outputs"], renode["cycles"]) == ("counts DIFFERENT: 2", "equal", "—")
    for shown in (both, replace(both, targets=None), replace(both, counted=None)):
        headings, rows = target_layer_headings(shown), target_layer_rows(shown)
        assert len(rows) == len(profile.layers)
        assert {len(row) for row in rows} == {len(headings)}
        for name, renderer in RENDERERS.items():
            assert ("renode 1.16.1" in renderer.render(shown)) == (shown.counted is not None), name
    last = dict(zip(target_layer_headings(both), target_layer_rows(both)[-1], strict=True))
    assert (last["renode 1.16.1 instructions"], last["counts"]) == ("22", "DIFFERENT: 2")
