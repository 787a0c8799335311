"""A run of the same ELF in a second emulator: what it counted, beside the embedded emulator's counts."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.run.agreement import unequal_counts
from profiler.run.model import DISPATCH, LayerExecution, RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedLayer:
    """One layer there. `unequal_counts`: blocks and edges that the embedded emulator counted otherwise."""

    index: int
    instructions: int
    emulated_instructions: int
    unequal_counts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRun:
    """An inference in an emulator that counts but has no timing. `outputs_equal`: to the embedded emulator's."""

    runner: str
    instructions: int
    emulated_instructions: int
    unequal_counts: int
    outputs_equal: bool
    stack_high_water_bytes: int
    layers: tuple[CountedLayer, ...]


def fold_counted(run: RunResult, emulated: RunResult) -> CountedRun:
    """Both are runs of one firmware with the same inputs. The calls between layers count for the whole alone."""
    none = LayerExecution(layer=DISPATCH, blocks=(), edges=(), memory=())
    mine, theirs = ({layer.layer: layer for layer in each.profile.layers} for each in (run, emulated))
    layers = tuple(
        CountedLayer(
            index=index,
            instructions=mine.get(index, none).instructions,
            emulated_instructions=theirs.get(index, none).instructions,
            unequal_counts=sum(unequal_counts(mine.get(index, none), theirs.get(index, none))),
        )
        for index in sorted(mine.keys() | theirs.keys())
    )
    return CountedRun(
        runner=run.runner,
        instructions=sum(layer.instructions for layer in layers),
        emulated_instructions=sum(layer.emulated_instructions for layer in layers),
        unequal_counts=sum(layer.unequal_counts for layer in layers),
        outputs_equal=run.outputs == emulated.outputs,
        stack_high_water_bytes=run.stack_high_water_bytes,
        layers=tuple(layer for layer in layers if layer.index != DISPATCH),
    )
