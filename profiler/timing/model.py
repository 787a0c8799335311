"""Cycles, with where they went and how sure we are."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Basis(StrEnum):
    """How a figure came about."""

    MEASURED = "measured"
    EMULATED_MODEL = "emulated+model"
    EMULATED = "emulated"  # exact counts of the emulator, no model involved
    HOST = "host"
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCycles:
    """Cycles of one layer, split by cause; `low` and `high` bound the total by the core model's known error."""

    layer: int
    instructions: int
    issue: int
    load_use: int
    branch: int
    multiply_divide: int
    fpu: int
    fetch_wait: int
    data_wait: int
    total: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleEstimate:
    """Cycles of one inference. `validated` False: this core's model was never checked against silicon by us."""

    core: str
    clock_hz: int
    layers: tuple[LayerCycles, ...]
    error_fraction: float
    error_source: str
    validated: bool
    basis: Basis = Basis.EMULATED_MODEL
    warnings: tuple[str, ...] = ()  # what the model met and could only guess at

    @property
    def total_cycles(self) -> int:
        return sum(layer.total for layer in self.layers)

    @property
    def latency_ms(self) -> float:
        return self.total_cycles / self.clock_hz * 1e3
