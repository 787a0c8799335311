"""Two profiles, or what a baseline kept of them → Comparison. Pure."""

from __future__ import annotations

from profiler.report.comparison.align import align
from profiler.report.comparison.explain import contributions, explanation
from profiler.report.comparison.model import (
    Comparison,
    FigureChange,
    LayerChange,
    LayerDelta,
    LayerStatus,
    SectionChange,
)
from profiler.report.comparison.snapshot import FIGURES, LayerFacts, Origin, Snapshot, take_snapshot
from profiler.report.formatting import clean_text
from profiler.report.profile import Figure, Profile, Unavailable

_NOT_KEPT = Unavailable(reason="not kept in the baseline")
_CIRCUMSTANCES = {  # what else than the model may change figures, as people call it
    "board": "board",
    "board_digest": "board definition",
    "profiler_version": "profiler",
    "toolchain": "compiler",
    "runner": "emulator",
    "options": "options",
    "engine": "profiler's code",
}


def compare(before: Profile, after: Profile) -> Comparison:
    """What changed from `before` to `after`. The profiles may be of different models, boards or versions."""
    return compare_snapshots(take_snapshot(before), take_snapshot(after))


def compare_snapshots(before: Snapshot, after: Snapshot) -> Comparison:
    """The same of what was kept of two profiles."""
    figures = tuple(_figure(name, before, after) for name in FIGURES)
    layers = tuple(_layer(before, after, *pair) for pair in align(before.layers, after.layers))
    between = _difference(before.between_layers_cycles, after.between_layers_cycles)
    sections = _sections(before, after)
    causes = contributions(layers, sections, between)
    return Comparison(
        before=before.origin,
        after=after.origin,
        same_model=before.origin.model_sha256 == after.origin.model_sha256,
        circumstances=_circumstances(before.origin, after.origin),
        figures=figures,
        layers=layers,
        between_layers_cycles_delta=between,
        sections=sections,
        contributions=causes,
        explanation=explanation(before, layers, sections, causes),
    )


def _circumstances(before: Origin, after: Origin) -> tuple[str, ...]:
    changed = []
    for name, shown in _CIRCUMSTANCES.items():
        old, new = str(getattr(before, name)), str(getattr(after, name))
        if name == "board_digest" and before.board != after.board:
            continue  # another board has another definition: nothing new
        if name == "engine" and not (old and new):
            continue  # not known of both
        if old != new:
            if name.endswith("digest"):
                old, new = old[:12], new[:12]
            changed.append(f"{shown}: {clean_text(old)} → {clean_text(new)}")
    return tuple(changed)


def _figure(name: str, before: Snapshot, after: Snapshot) -> FigureChange:
    old, new = before.figures.get(name, _NOT_KEPT), after.figures.get(name, _NOT_KEPT)
    delta = new.value - old.value if isinstance(old, Figure) and isinstance(new, Figure) else None
    known = delta is not None and isinstance(old, Figure) and old.value
    return FigureChange(
        name=name,
        unit=FIGURES[name],
        before=old,
        after=new,
        delta=delta,
        relative=delta / old.value if known and delta is not None and isinstance(old, Figure) else None,
    )


def _layer(before: Snapshot, after: Snapshot, old_index: int | None, new_index: int | None) -> LayerChange:
    old = None if old_index is None else before.layers[old_index]
    new = None if new_index is None else after.layers[new_index]
    return LayerChange(
        status=_status(old, new),
        before_index=old_index,
        after_index=new_index,
        before=old,
        after=new,
        delta=_delta(old, new),
    )


def _status(old: LayerFacts | None, new: LayerFacts | None) -> LayerStatus:
    if old is None:
        return LayerStatus.ADDED
    if new is None:
        return LayerStatus.REMOVED
    if _identity(old) != _identity(new):
        return LayerStatus.CHANGED
    return LayerStatus.SAME if old == new else LayerStatus.MOVED


def _identity(layer: LayerFacts) -> tuple[object, ...]:
    return layer.kind, layer.inputs, layer.outputs, layer.dtype, layer.kernel, layer.macs


def _delta(old: LayerFacts | None, new: LayerFacts | None) -> LayerDelta:
    def difference(name: str) -> int:
        return int(getattr(new, name, 0)) - int(getattr(old, name, 0))

    return LayerDelta(
        cycles=_difference(0 if old is None else old.cycles, 0 if new is None else new.cycles),
        weights_bytes=difference("weights_bytes"),
        code_bytes=difference("code_bytes"),
        scratch_bytes=difference("scratch_bytes"),
        live_bytes=difference("live_bytes"),
    )


def _difference(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else new - old


def _sections(before: Snapshot, after: Snapshot) -> tuple[SectionChange, ...]:
    changes = []
    for name in dict.fromkeys((*after.sections, *before.sections)):
        memory, _, section = name.partition(".")
        old, new = before.sections.get(name, 0), after.sections.get(name, 0)
        changes.append(
            SectionChange(memory=memory, section=section, before_bytes=old, after_bytes=new, delta_bytes=new - old)
        )
    return tuple(changes)
