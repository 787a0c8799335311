"""A comparison as a value: what `profiler diff` shows, the service serves and a gate explains regressions with.

Every delta is after − before; None where one of the two is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from profiler.report.comparison.snapshot import LayerFacts, Origin
from profiler.report.profile import Figure, Unavailable

COMPARISON_SCHEMA_VERSION = 1
"""Raised with every change that a reader of saved comparisons could notice."""


class LayerStatus(StrEnum):
    """What became of a layer."""

    SAME = "same"  # kind, shapes, dtype, kernel and every figure
    MOVED = "cost changed"  # the same layer with other figures
    CHANGED = "changed"  # another shape, dtype, kernel, or number of multiply-accumulates
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure of the whole model. `relative` is delta ÷ before; None also when there is nothing to divide by."""

    name: str
    unit: str
    before: Figure | Unavailable
    after: Figure | Unavailable
    delta: int | float | None
    relative: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDelta:
    """What a layer costs more than before; of an added layer all of it, of a removed one all of it less than 0."""

    cycles: int | None
    weights_bytes: int
    code_bytes: int
    scratch_bytes: int
    live_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerChange:
    """A layer before and after; one of the two is None when it was added or removed. Indices number the layers."""

    status: LayerStatus
    before_index: int | None
    after_index: int | None
    before: LayerFacts | None
    after: LayerFacts | None
    delta: LayerDelta


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChange:
    """One line of the memory account: `memory` is flash or ram, `section` what the bytes are for."""

    memory: str
    section: str
    before_bytes: int
    after_bytes: int
    delta_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """A cause of a figure's change: `text` without markup, free of invisible characters, `delta` in its unit."""

    text: str
    delta: int
    layer: int | None = None  # as numbered after the change; before it, when the layer was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs side by side. `circumstances` tells what differs beside the model: tool, board, options.

    `contributions` maps a figure's name to what changed it, largest growth first; `explanation` is the same for people:
    one line a layer and section, costliest first.
    """

    schema_version: int = COMPARISON_SCHEMA_VERSION
    before: Origin
    after: Origin
    same_model: bool  # the two files are equal to the bit
    circumstances: tuple[str, ...]
    figures: tuple[FigureChange, ...]
    layers: tuple[LayerChange, ...]  # in the order of the model
    between_layers_cycles_delta: int | None
    sections: tuple[SectionChange, ...]
    contributions: Mapping[str, tuple[Contribution, ...]]
    explanation: tuple[str, ...]

    def figure(self, name: str) -> FigureChange:
        """A figure by its name. Raises KeyError."""
        for change in self.figures:
            if change.name == name:
                return change
        raise KeyError(name)

    @property
    def changed_layers(self) -> tuple[LayerChange, ...]:
        return tuple(layer for layer in self.layers if layer.status is not LayerStatus.SAME)
