"""The tables of a comparison as text cells, for terminal, Markdown and HTML. Names are cleaned, not escaped."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.report.comparison.explain import changed_facts
from profiler.report.comparison.model import Comparison, FigureChange, LayerChange, LayerStatus
from profiler.report.comparison.snapshot import LayerFacts
from profiler.report.formatting import (
    clean_text,
    format_count,
    format_figure,
    format_ms,
    format_signed_bytes,
    format_signed_count,
    format_signed_share,
)
from profiler.report.profile import Figure, Unavailable

MISSING = "—"
FIGURE_NAMES = {
    "latency_ms": "latency",
    "cycles": "cycles",
    "instructions": "instructions",
    "flash_bytes": "flash",
    "ram_bytes": "RAM",
    "arena_bytes": "arena",
    "stack_high_water_bytes": "stack",
    "bit_equal_share": "outputs bit-equal",
}
FIGURE_HEADER = ("figure", "before", "after", "change", "")
LAYER_HEADER = ("#", "was", "layer", "what", "cycles", "weights", "code", "live")
SECTION_HEADER = ("memory", "section", "before", "after", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Cells of one line; `trend` is 1 when it got worse (slower, bigger), -1 when better, 0 when neither."""

    cells: tuple[str, ...]
    trend: int = 0


def title(comparison: Comparison) -> str:
    """`kws.tflite on nucleo_l4r5zi`, or both sides with an arrow where they differ."""
    before = f"{clean_text(comparison.before.model, 60)} on {clean_text(comparison.before.board, 40)}"
    after = f"{clean_text(comparison.after.model, 60)} on {clean_text(comparison.after.board, 40)}"
    return before if before == after else f"{before} → {after}"


def figure_rows(comparison: Comparison) -> list[Row]:
    """The figures of the whole model that at least one side has."""
    return [
        _figure_row(change)
        for change in comparison.figures
        if isinstance(change.before, Figure) or isinstance(change.after, Figure)
    ]


def _figure_row(change: FigureChange) -> Row:
    worse = -1 if change.name == "bit_equal_share" else 1
    cells = (
        FIGURE_NAMES[change.name],
        show_figure(change.before, change.unit),
        show_figure(change.after, change.unit),
        show_delta(change.delta, change.unit),
        "" if not change.relative else format_signed_share(change.relative),
    )
    return Row(cells=cells, trend=_sign(change.delta) * worse)


def show_figure(figure: Figure | Unavailable, unit: str) -> str:
    """Value with interval; bytes exact, as differences of a few bytes matter here."""
    if isinstance(figure, Unavailable):
        return f"unavailable ({clean_text(figure.reason, 80)})"
    if unit == "bytes":
        return f"{int(figure.value):,} B"
    if unit == "share":
        return f"{figure.value:.2%}"
    return format_figure(figure, "ms" if unit == "ms" else "")


def show_value(figure: Figure | Unavailable, unit: str) -> str:
    """The same without its interval."""
    bare = figure if isinstance(figure, Unavailable) else Figure(value=figure.value, basis=figure.basis)
    return show_figure(bare, unit)


def show_delta(delta: int | float | None, unit: str) -> str:
    """A signed difference in its unit."""
    if delta is None:
        return MISSING
    if delta == 0:
        return "0"
    if unit == "bytes":
        return format_signed_bytes(int(delta))
    if unit == "share":
        return f"{delta:+.2%}".replace("-", "−", 1)
    return _signed_ms(delta) if unit == "ms" else format_signed_count(delta)


def _signed_ms(delta: float) -> str:
    return f"{'−' if delta < 0 else '+'}{format_ms(abs(delta))}"


def layer_rows(comparison: Comparison) -> list[Row]:
    """The layers that changed, in the order of the model."""
    return [_layer_row(layer) for layer in comparison.changed_layers]


def unchanged_layers(comparison: Comparison) -> str:
    """`12 of 13 layers are as before`."""
    same = len(comparison.layers) - len(comparison.changed_layers)
    return f"{same} of {len(comparison.layers)} layers are as before"


def _layer_row(layer: LayerChange) -> Row:
    facts = layer.after or layer.before
    delta = layer.delta
    worst = max((delta.cycles or 0, delta.weights_bytes, delta.code_bytes), key=abs)
    cells = (
        MISSING if layer.after_index is None else str(layer.after_index),
        MISSING if layer.before_index is None else str(layer.before_index),
        clean_text(facts.kind.lower(), 40) if facts else "",
        _what(layer),
        show_delta(delta.cycles, "cycles"),
        show_delta(delta.weights_bytes, "bytes"),
        show_delta(delta.code_bytes, "bytes"),
        show_delta(delta.live_bytes, "bytes"),
    )
    return Row(cells=cells, trend=_sign(worst))


def _what(layer: LayerChange) -> str:
    if layer.before and layer.after:
        return changed_facts(layer.before, layer.after) or _relative_cycles(layer.before, layer.after)
    return "new" if layer.status is LayerStatus.ADDED else "removed"


def _relative_cycles(before: LayerFacts, after: LayerFacts) -> str:
    if not before.cycles or after.cycles is None or before.cycles == after.cycles:
        return ""
    return f"{format_signed_share(after.cycles / before.cycles - 1)} of {format_count(before.cycles)} cycles"


def section_rows(comparison: Comparison) -> list[Row]:
    """The sections of flash and RAM that changed."""
    return [
        Row(
            cells=(
                "RAM" if section.memory == "ram" else clean_text(section.memory),
                clean_text(section.section),
                f"{section.before_bytes:,} B",
                f"{section.after_bytes:,} B",
                format_signed_bytes(section.delta_bytes),
            ),
            trend=_sign(section.delta_bytes),
        )
        for section in comparison.sections
        if section.delta_bytes
    ]


def verdict(comparison: Comparison) -> str:
    """One sentence on what was compared."""
    model = "the model file is the same" if comparison.same_model else "the model files differ"
    if not comparison.circumstances:
        return f"{model}; tools, board and options are the same"
    return f"{model}; also different: {'; '.join(comparison.circumstances)}"


def _sign(value: float | None) -> int:
    return 0 if not value else 1 if value > 0 else -1
