"""Two runs of one firmware, by different engines: do they agree, count by count?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from profiler.run.model import DISPATCH, ExecutionProfile, LayerExecution, RunResult

_Key = TypeVar("_Key")


def differences(one: RunResult, other: RunResult) -> tuple[str, ...]:
    """What differs, a sentence each: outputs, layers, counts of blocks and edges. Memory is not compared."""
    return tuple(_differences(one, other))


def with_memory_of(run: RunResult, simulated: RunResult) -> RunResult:
    """`run` with what an engine that sees every access counted in the same layers: memory accesses and misses,
    unaligned reads, what was divided. Cycles depend on all of them."""
    seen = {layer.layer: layer for layer in simulated.profile.layers}
    layers = tuple(_with_accesses_of(layer, seen.get(layer.layer)) for layer in run.profile.layers)
    return replace(
        run,
        runner=f"{run.runner}, memory of {simulated.runner}",
        profile=ExecutionProfile(layers=layers),
        stack_high_water_bytes=max(run.stack_high_water_bytes, simulated.stack_high_water_bytes),
    )


def _with_accesses_of(layer: LayerExecution, seen: LayerExecution | None) -> LayerExecution:
    if seen is None:
        return layer
    return replace(layer, memory=seen.memory, misses=seen.misses, unaligned=seen.unaligned, divides=seen.divides)


def _differences(one: RunResult, other: RunResult) -> Iterator[str]:
    names = f"{one.runner} and {other.runner}"
    for position, (mine, theirs) in enumerate(zip(one.outputs, other.outputs, strict=False)):
        if mine != theirs:
            yield f"the outputs of input set {position} differ between {names}"
    layers, others = ({layer.layer: layer for layer in run.profile.layers} for run in (one, other))
    for number in dict.fromkeys([*layers, *others]):
        where = "between layers" if number == DISPATCH else f"in layer {number}"
        if number not in layers or number not in others:
            yield f"only one of {names} executed code {where}"
            continue
        yield from _layer(layers[number], others[number], f"{where} by {names}")


def unequal_counts(mine: LayerExecution, theirs: LayerExecution) -> tuple[int, int]:
    """How many blocks and how many edges two runs counted differently in a layer."""
    blocks = [{(b.address, b.size_bytes, b.instructions): b.count for b in layer.blocks} for layer in (mine, theirs)]
    edges = [{(e.from_address, e.to_address): e.count for e in layer.edges} for layer in (mine, theirs)]
    return _unequal(*blocks), _unequal(*edges)


def _layer(mine: LayerExecution, theirs: LayerExecution, where: str) -> Iterator[str]:
    for count, what in zip(unequal_counts(mine, theirs), ("blocks", "edges"), strict=True):
        if count:
            yield f"{count} {what} are counted differently {where}"


def _unequal(one: Mapping[_Key, int], other: Mapping[_Key, int]) -> int:
    return sum(one.get(key) != other.get(key) for key in one.keys() | other.keys())
