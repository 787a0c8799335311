"""Snapshots and outcomes of gates to show and judge: a small model, and the same grown by one layer."""

from __future__ import annotations

from dataclasses import replace

from profiler.gate.baseline import Baseline, updated
from profiler.gate.budget import Budget, unchanged_budget, with_limits
from profiler.gate.measure import Measured, Subject
from profiler.gate.model import GateResult, Problem, Verdict
from profiler.gate.terms import Terms, judge_all
from profiler.report.comparison.snapshot import LayerFacts, Snapshot, take_snapshot
from profiler.report.fold_layers import milliseconds
from profiler.report.profile import Basis, Figure
from tests.support.sample_profile import sample_profile


def facts(kind: str = "CONV_2D", *, size: int = 8, cycles: int | None = 500, **changes: object) -> LayerFacts:
    """A layer; `size` is in its shapes."""
    values = {
        "kind": kind,
        "inputs": f"1×{size}",
        "outputs": f"1×{size}",
        "dtype": "int8",
        "kernel": f"{kind.lower()}_s8_ref",
        "macs": 100,
        "cycles": cycles,
        "weights_bytes": 64,
        "code_bytes": 32,
        "scratch_bytes": 0,
        "live_bytes": 128,
    }
    return LayerFacts(**(values | changes))  # type: ignore[arg-type]


def snapshot(*chain: LayerFacts, between: int | None = 10, boot_bytes: int = 100, **origin: object) -> Snapshot:
    """A snapshot whose figures are the sums of its layers."""
    cycles = sum(layer.cycles or 0 for layer in chain) + (between or 0)
    flash = {
        "flash.weights": sum(layer.weights_bytes for layer in chain),
        "flash.kernels": sum(layer.code_bytes for layer in chain) + 7,
        "flash.boot": boot_bytes,
    }
    ram = {"ram.arena": max((layer.live_bytes for layer in chain), default=0), "ram.stack": 64}
    modelled = Figure(value=cycles, basis=Basis.EMULATED_MODEL, low=int(cycles * 0.9), high=int(cycles * 1.1))
    sizes = {"flash_bytes": sum(flash.values()), "ram_bytes": sum(ram.values()), "arena_bytes": ram["ram.arena"]}
    sample = take_snapshot(sample_profile())
    origins = replace(sample.origin, model="kws.tflite", board="nucleo_l4r5zi", **origin)  # type: ignore[arg-type]
    return Snapshot(
        origin=origins,
        figures={
            "latency_ms": milliseconds(modelled, origins.clock_hz),
            "cycles": modelled,
            "instructions": Figure(value=cycles // 2, basis=Basis.EMULATED),
            **{name: Figure(value=value, basis=Basis.STATIC) for name, value in sizes.items()},
            "stack_high_water_bytes": Figure(value=48, basis=Basis.EMULATED),
            "bit_equal_share": Figure(value=1.0, basis=Basis.EMULATED),
        },
        sections=flash | ram,
        layers=chain,
        between_layers_cycles=between,
    )


SMALL = snapshot(facts(), facts("SOFTMAX"))
GROWN = snapshot(
    facts(), facts("CONV_2D", size=16, cycles=90_000, weights_bytes=9_216), facts("SOFTMAX"), model_sha256="ab" * 32
)


def outcome(
    now: Snapshot | Problem,
    *,
    before: Snapshot | None = SMALL,
    limits: tuple[str, ...] = (),
    budget: Budget | None = None,
    source: str = "models/kws.tflite",
    missing: Verdict = Verdict.FAIL,
) -> GateResult:
    """What the gate says of a snapshot: without limits, nothing may grow beyond `before`."""
    name = now.origin.model if isinstance(now, Snapshot) else "kws.tflite"
    subject = Subject(model=name, board="nucleo_l4r5zi", source=source, profile=sample_profile)
    terms = Terms(
        budget=with_limits(budget, limits) or unchanged_budget(),
        baseline=updated(Baseline(), [before] if before else []),
        without_baseline=missing,
    )
    return judge_all([Measured(subject=subject, snapshot=now)], terms)
