"""Runs elsewhere as rows of text, the same in every report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from profiler.report.counted import CountedRun
from profiler.report.formatting import format_ms
from profiler.report.profile import Figure, Profile
from profiler.report.targets import Spread, TargetLayer, TargetMeasurement
from profiler.timing.model import Basis

TARGET_HEADINGS = ("ran on", "cycles", "IQR", "outliers", "time", "emulator", "outputs", "stack", "clock", "basis")
EMULATOR = "embedded emulator"


def target_rows(profile: Profile) -> list[tuple[str, ...]]:
    """A row of TARGET_HEADINGS for the embedded emulator and each other place; none when only the emulator ran.

    `emulator` is how far the emulator's cycles are from the target's; of another emulator, which has no timing, how
    many counts of blocks and edges differ. Names may come from outside: untrusted text.
    """
    if not (profile.targets or profile.counted):
        return []
    cycles, latency, stack = profile.summary.cycles, profile.summary.latency_ms, profile.summary.stack_high_water_bytes
    first = (
        EMULATOR,
        f"{cycles.value:,}" if isinstance(cycles, Figure) else "—",
        "—",
        "—",
        format_ms(latency.value) if isinstance(latency, Figure) else "—",
        "—",
        "—",
        f"{stack.value:,}" if isinstance(stack, Figure) else "—",
        "—",
        cycles.basis.value if isinstance(cycles, Figure) else "—",
    )
    return [first, *map(_counted_row, profile.counted or ()), *map(_row, profile.targets or ())]


def _counted_row(run: CountedRun) -> tuple[str, ...]:
    return (
        run.runner,
        *("—" for _ in range(4)),
        f"counts {_counts(run.unequal_counts)}",
        "equal" if run.outputs_equal else "DIFFERENT",
        f"{run.stack_high_water_bytes:,}",
        "—",
        Basis.EMULATED.value,
    )


def _counts(unequal: int) -> str:
    return f"DIFFERENT: {unequal:,}" if unequal else "equal"


def _row(target: TargetMeasurement) -> tuple[str, ...]:
    simulated = "" if target.basis is Basis.MEASURED else ", simulated"
    return (
        f"{target.name} ({target.location}{simulated})",
        f"{round(target.cycles.median):,}",
        format_iqr(target.cycles),
        f"{target.cycles.outliers} of {target.cycles.repetitions}",
        format_ms(target.latency_ms),
        format_difference_fraction(target.difference_fraction),
        "equal" if target.outputs_equal else "DIFFERENT",
        f"{target.stack_high_water_bytes:,}",
        _clock(target),
        target.basis.value,
    )


def _clock(target: TargetMeasurement) -> str:
    if target.clock_hz_measured is None or target.clock_hz_uncertainty is None:
        return "—"
    wrong = ", WRONG" if target.clock_is_wrong else ""
    return f"{target.clock_hz_measured / 1e6:.1f} ± {target.clock_hz_uncertainty / 1e6:.1f} MHz{wrong}"


def target_layer(target: TargetMeasurement, index: int) -> TargetLayer | None:
    """What a target measured of a layer."""
    return next((layer for layer in target.layers if layer.index == index), None)


def target_layer_rows(profile: Profile) -> list[tuple[str, ...]]:
    """The cells of `target_layer_headings` for each layer.

    Everybody's cycles are of inferences in which the counter is read around each layer. Instructions are of the
    embedded emulator and of the other ones, with how many counts of blocks and edges differ.
    """
    rows = []
    for layer in profile.layers if profile.targets or profile.counted else ():
        cells = [str(layer.index), layer.kind.lower()]
        if profile.counted:
            cells += _counted_cells(profile.counted, layer.index)
        if profile.targets:
            cells.append(_emulated(profile, layer.index))
        for target in profile.targets or ():
            found = target_layer(target, layer.index)
            cells += ("—", "—", "—") if found is None else _layer_cells(found)
        rows.append(tuple(cells))
    return rows


def _emulated(profile: Profile, index: int) -> str:
    """The emulator's cycles of a layer, which every target was compared with."""
    found = (target_layer(target, index) for target in profile.targets or ())
    cycles = next((layer.emulated_cycles for layer in found if layer is not None), None)
    return "—" if cycles is None else f"{cycles:,}"


def target_layer_headings(profile: Profile) -> tuple[str, ...]:
    """Headings of `target_layer_rows`. Names may come from outside: untrusted text."""
    each = ((target.name, "IQR", "emulator") for target in profile.targets or ())
    counted = ((f"{run.runner} instructions", "counts") for run in profile.counted or ())
    return (
        "#",
        "layer",
        *((f"{EMULATOR} instructions",) if profile.counted else ()),
        *(heading for headings in counted for heading in headings),
        *((EMULATOR,) if profile.targets else ()),
        *(heading for headings in each for heading in headings),
    )


def _counted_cells(runs: Sequence[CountedRun], index: int) -> Iterator[str]:
    """The embedded emulator's instructions, then each run's, and whether its counts are the emulator's."""
    found = [next((layer for layer in run.layers if layer.index == index), None) for run in runs]
    yield next((f"{layer.emulated_instructions:,}" for layer in found if layer is not None), "—")
    for layer in found:
        yield from ("—", "—") if layer is None else (f"{layer.instructions:,}", _counts(layer.unequal_counts))


def _layer_cells(layer: TargetLayer) -> tuple[str, str, str]:
    return (
        f"{round(layer.cycles.median):,}",
        format_iqr(layer.cycles),
        "—" if layer.difference_fraction is None else format_difference_fraction(layer.difference_fraction),
    )


def format_iqr(spread: Spread) -> str:
    """The interquartile range, "—" of a single measurement."""
    return "—" if spread.repetitions == 1 else f"{round(spread.interquartile_range):,}"


def format_difference_fraction(fraction: float) -> str:
    """+1.23 %; never "-0.00 %"."""
    text = f"{100 * fraction:+.2f} %"
    return "0.00 %" if text in ("+0.00 %", "-0.00 %") else text
