"""Runs beside the embedded emulator's: what each measured, with the spread, and how far the model is from it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from profiler.run.model import ClockCheck, MeasuredRun
from profiler.timing.model import Basis, CycleEstimate
from profiler.timing.virtual_time import Counter, counted

_OUTLIER_RANGES = 1.5  # Tukey's fences


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Repeated measurements of one thing. `outliers`: beyond 1.5 interquartile ranges from the quartiles (Tukey)."""

    repetitions: int
    median: float
    lower_quartile: float
    upper_quartile: float
    minimum: int
    maximum: int
    outliers: int

    @property
    def interquartile_range(self) -> float:
        return self.upper_quartile - self.lower_quartile


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetLayer:
    """One layer there, with the counter read around it, and the emulator's cycles of the same.

    `difference_fraction`: the emulator's cycles by the median, less one.
    """

    index: int
    cycles: Spread
    difference_fraction: float | None = None
    emulated_cycles: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetMeasurement:
    """One place where the same ELF ran. `basis` is `measured` only where silicon did, `emulated` where an emulator's
    virtual time was counted, `emulated+model` on a simulated board. `silicon_untold`: it is not known to be silicon."""

    name: str  # of the lab file, or the port: text from outside
    location: str
    runner: str
    basis: Basis
    cycles: Spread
    latency_ms: float  # of the median, at the board's clock
    difference_fraction: float  # the emulator's cycles by the median, less one
    layers: tuple[TargetLayer, ...]
    layers_unavailable: str  # why there are none; empty when there are
    outputs_equal: bool  # to the embedded emulator's, bit by bit
    stack_high_water_bytes: int
    arena_bytes: int
    free_ram_bytes: int
    clock_hz_measured: float | None = None  # by host time
    clock_hz_uncertainty: float | None = None
    clock_is_wrong: bool = False
    repeated_exchanges: int = 0
    silicon_untold: bool = False


def fold_target(
    run: MeasuredRun,
    emulated: CycleEstimate,
    emulated_layers: CycleEstimate,
    *,
    name: str,
    location: str,
    silicon: bool,
    usb: bool,
    outputs: Sequence[Sequence[bytes]],
) -> TargetMeasurement:
    """A run on a board beside the emulator's cycles and outputs.

    `emulated_layers`: of an inference in which the counter is read around each layer, as it is for the board's layers.
    `silicon`: that is what its firmware found; `usb`: and its port is a USB device, behind which no emulator is.
    """
    cycles = spread(run.profile.cycles)
    modelled = {layer.layer: layer.total for layer in emulated_layers.layers}
    found = Counter.CYCLES
    if silicon and not usb:
        instructions = {layer.layer: layer.instructions for layer in emulated_layers.layers}
        found = counted(run.profile, clock_hz=emulated.clock_hz, instructions=instructions, modelled=modelled)
    clock: ClockCheck | None = run.clock
    return TargetMeasurement(
        name=name,
        location=location,
        runner=run.runner,
        basis=_basis(silicon, found),
        cycles=cycles,
        latency_ms=cycles.median / emulated.clock_hz * 1e3,
        difference_fraction=_difference(emulated.total_cycles, cycles) or 0.0,
        layers=tuple(
            TargetLayer(
                index=layer.layer,
                cycles=spread(layer.cycles),
                difference_fraction=_difference(modelled.get(layer.layer), spread(layer.cycles)),
                emulated_cycles=modelled.get(layer.layer),
            )
            for layer in run.profile.layers
        ),
        layers_unavailable=run.profile.layers_unavailable,
        outputs_equal=[list(each) for each in run.outputs] == [list(each) for each in outputs],
        stack_high_water_bytes=run.stack_high_water_bytes,
        arena_bytes=run.memory_bytes["arena"],
        free_ram_bytes=run.memory_bytes["free"],
        clock_hz_measured=None if clock is None else clock.measured_hz,
        clock_hz_uncertainty=None if clock is None else clock.uncertainty_hz,
        clock_is_wrong=clock is not None and clock.is_wrong,
        repeated_exchanges=run.repeated_exchanges,
        silicon_untold=found is Counter.UNTOLD,
    )


def _basis(silicon: bool, found: Counter) -> Basis:
    if not silicon:
        return Basis.EMULATED_MODEL
    return Basis.EMULATED if found is Counter.VIRTUAL_TIME else Basis.MEASURED


def spread(values: Sequence[int]) -> Spread:
    """Of at least one value. Quartiles by linear interpolation between the ordered values."""
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    reach = _OUTLIER_RANGES * (upper - lower)
    return Spread(
        repetitions=len(values),
        median=float(median),
        lower_quartile=float(lower),
        upper_quartile=float(upper),
        minimum=min(values),
        maximum=max(values),
        outliers=sum(not lower - reach <= value <= upper + reach for value in values),
    )


def target_warnings(target: TargetMeasurement) -> tuple[str, ...]:
    """What a user must know of a run on a board."""
    warnings = []
    if target.basis is Basis.EMULATED:
        warnings.append(
            f"behind {target.name} is an emulator: its counter follows virtual time, the same for every instruction, "
            "so that its cycles and milliseconds are no core's"
        )
    if target.silicon_untold:
        warnings.append(
            f"{target.name} is not known to be silicon: its port is no USB device of the board's, and cycles of layers "
            "so alike cannot be told from an emulator's virtual time"
        )
    if not target.outputs_equal:
        warnings.append(f"the outputs on {target.name} differ from the embedded emulator's")
    if target.clock_is_wrong and target.basis is not Basis.EMULATED and target.clock_hz_measured is not None:
        warnings.append(
            f"the core of {target.name} runs at {target.clock_hz_measured / 1e6:.1f} MHz by host time: its clock tree "
            "is not the one the board file describes, and milliseconds are wrong"
        )
    return tuple(warnings)


def _difference(modelled: int | None, measured: Spread) -> float | None:
    return None if modelled is None or not measured.median else modelled / measured.median - 1
