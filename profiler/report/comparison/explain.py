"""What changed a figure, largest first, as structure and as lines people read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from profiler.report.comparison.model import Contribution, LayerChange, LayerStatus, SectionChange
from profiler.report.comparison.snapshot import LayerFacts, Snapshot
from profiler.report.formatting import clean_text, format_signed_bytes, format_signed_count
from profiler.report.profile import Figure

_COSTS = {
    "cycles": "cycles",
    "weights_bytes": "B of weights",
    "code_bytes": "B of code",
    "scratch_bytes": "B of scratch",
}
_CHANGED_FACTS = {
    "kind": "",
    "inputs": "inputs",
    "outputs": "output",
    "dtype": "type",
    "kernel": "kernel",
    "macs": "MACs",
}


def contributions(
    layers: Sequence[LayerChange], sections: Sequence[SectionChange], between_layers: int | None
) -> dict[str, tuple[Contribution, ...]]:
    """What changed each figure of the whole model; figures that nothing accounts for are left out."""
    cycles = [_of_layer(layer, layer.delta.cycles, "cycles") for layer in layers if layer.delta.cycles]
    if between_layers:
        text = f"calls from layer to layer: {format_signed_count(between_layers)} cycles"
        cycles.append(Contribution(text=text, delta=between_layers))
    flash = [
        _of_layer(layer, layer.delta.weights_bytes + layer.delta.code_bytes, "B of flash")
        for layer in layers
        if layer.delta.weights_bytes + layer.delta.code_bytes
    ]
    of_layers = {"weights", "kernels"}  # what those lost or gained is told layer by layer
    flash += [
        _of_section(section) for section in sections if _moved(section, "flash") and section.section not in of_layers
    ]
    flash += _shared(layers, sections)
    ram = [_of_section(section) for section in sections if _moved(section, "ram")]
    arena = [section.delta_bytes for section in sections if section.memory == "ram" and section.section == "arena"]
    peaks = [Contribution(text=_peak(layers, delta), delta=delta) for delta in arena if delta]
    causes = {"cycles": cycles, "flash_bytes": flash, "ram_bytes": ram, "arena_bytes": peaks}
    return {name: tuple(sorted(found, key=lambda each: -each.delta)) for name, found in causes.items() if found}


def _moved(section: SectionChange, memory: str) -> bool:
    return section.memory == memory and section.delta_bytes != 0


def _shared(layers: Sequence[LayerChange], sections: Sequence[SectionChange]) -> list[Contribution]:
    """Weights and kernel code that belong to no single layer: the rest of their sections."""
    found = []
    for section, cost in (("weights", "weights_bytes"), ("kernels", "code_bytes")):
        whole = sum(each.delta_bytes for each in sections if (each.memory, each.section) == ("flash", section))
        rest = whole - sum(getattr(layer.delta, cost) for layer in layers)
        if rest:
            text = f"flash, {section} shared by layers: {format_signed_bytes(rest)}"
            found.append(Contribution(text=text, delta=rest))
    return found


def _of_section(section: SectionChange) -> Contribution:
    memory = {"flash": "flash", "ram": "RAM"}.get(section.memory, clean_text(section.memory))
    text = (
        f"{memory}, {clean_text(section.section)}: {format_signed_bytes(section.delta_bytes)} "
        f"({section.before_bytes:,} → {section.after_bytes:,})"
    )
    return Contribution(text=text, delta=section.delta_bytes)


def _of_layer(layer: LayerChange, delta: int | None, unit: str) -> Contribution:
    delta = delta or 0
    amount = f"{format_signed_count(delta)} cycles" if unit == "cycles" else f"{delta:+,} {unit}".replace("-", "−", 1)
    return Contribution(text=f"{_what_happened(layer)}: {amount}", delta=delta, layer=_number(layer))


def _number(layer: LayerChange) -> int | None:
    return layer.before_index if layer.after_index is None else layer.after_index


def layer_title(layer: LayerChange) -> str:
    """`layer 5 CONV_2D`; a removed layer has the number it had."""
    facts = layer.after or layer.before
    return f"layer {_number(layer)} {clean_text(facts.kind, 40) if facts else ''}"


def _what_happened(layer: LayerChange) -> str:
    title = layer_title(layer)
    if layer.status is LayerStatus.ADDED and layer.after:
        return f"{title} ({_shapes(layer.after)}) is new"
    if layer.status is LayerStatus.REMOVED and layer.before:
        return f"{title} ({_shapes(layer.before)}) was removed"
    if layer.before_index != layer.after_index:
        title += f", layer {layer.before_index} before,"
    if layer.status is LayerStatus.CHANGED and layer.before and layer.after:
        return f"{title} changed ({changed_facts(layer.before, layer.after)})"
    return title


def _shapes(layer: LayerFacts) -> str:
    return f"{clean_text(layer.inputs, 60)} → {clean_text(layer.outputs, 60)}"


def changed_facts(before: LayerFacts, after: LayerFacts) -> str:
    """`output 1×8×8×4 → 1×8×8×8, MACs 6,912 → 13,824`."""
    words = []
    for name, shown in _CHANGED_FACTS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            texts = (f"{old:,}", f"{new:,}") if name == "macs" else (clean_text(old, 60), clean_text(new, 60))
            words.append(f"{shown} {texts[0]} → {texts[1]}".strip())
    return ", ".join(words)


def _peak(layers: Sequence[LayerChange], delta: int) -> str:
    """Where the arena's size is decided: the layer during which most bytes are live."""
    new = max((layer for layer in layers if layer.after), key=lambda layer: layer.after.live_bytes, default=None)  # type: ignore[union-attr]
    text = f"RAM, arena: {format_signed_bytes(delta)}"
    if new is None or new.after is None:
        return text
    old = max((layer.before.live_bytes for layer in layers if layer.before), default=0)
    at = f"{layer_title(new)}, which is new" if new.before is None else layer_title(new)
    return f"{text}: at most {new.after.live_bytes:,} B are live, at {at} (before: {old:,} B)"


def explanation(
    before: Snapshot,
    layers: Sequence[LayerChange],
    sections: Sequence[SectionChange],
    causes: Mapping[str, Sequence[Contribution]],
) -> tuple[str, ...]:
    """One line a layer whose cost changed and one a section: what grew first, then what shrank."""
    totals = [_value(before, "cycles"), _value(before, "flash_bytes")]
    scored = [(_score(layer, totals), index, _line(layer)) for index, layer in enumerate(layers) if _line(layer)]
    lines = [line for score, _, line in sorted(scored, key=lambda each: (each[0] <= 0, -abs(each[0]), each[1]))]
    lines += [each.text for each in causes.get("cycles", ()) if each.layer is None]
    lines += [each.text for each in causes.get("arena_bytes", ())]
    moved = [section for section in sections if section.delta_bytes and section.section != "arena"]
    lines += [_of_section(section).text for section in sorted(moved, key=lambda section: -section.delta_bytes)]
    return tuple(lines)


def _value(snapshot: Snapshot, name: str) -> float:
    figure = snapshot.figures.get(name)
    return float(figure.value) if isinstance(figure, Figure) else 0.0


def _score(layer: LayerChange, totals: Sequence[float]) -> float:
    """The largest growth of the whole that the layer accounts for, as a share; its largest saving when nothing grew."""
    deltas = (layer.delta.cycles or 0, layer.delta.weights_bytes + layer.delta.code_bytes)
    shares = [delta / max(total, 1) for delta, total in zip(deltas, totals, strict=True)]
    return max(shares) if max(shares) > 0 else min(shares)


def _line(layer: LayerChange) -> str:
    """The layer's costs that changed; empty when none did."""
    costs = []
    for name, shown in _COSTS.items():
        delta = getattr(layer.delta, name)
        if delta:
            amount = format_signed_count(delta) if name == "cycles" else f"{delta:+,}".replace("-", "−", 1)
            costs.append(f"{amount} {shown}")
    if not costs and layer.status in (LayerStatus.SAME, LayerStatus.MOVED):
        return ""
    return f"{_what_happened(layer)}: {', '.join(costs) or 'at no cost'}"
