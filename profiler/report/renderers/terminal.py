"""The report in a terminal: summary, fit, layers, warnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.bar import Bar
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from profiler.boards.model import MemoryKind
from profiler.report.formatting import (
    clean_text,
    format_bytes,
    format_count,
    format_difference,
    format_figure,
    format_ms,
    format_shapes,
    format_uncertainty,
)
from profiler.report.plain import plain_text
from profiler.report.profile import Correctness, Figure, LayerProfile, Profile, Unavailable
from profiler.report.target_table import TARGET_HEADINGS, target_layer_headings, target_layer_rows, target_rows

_LAYER_BAR = 12
_MISSING = Text("—", style="dim")


def render(profile: Profile) -> str:
    """Plain text, without colours."""
    return plain_text(lambda console: print_profile(profile, console))


def print_profile(profile: Profile, console: Console) -> None:
    """The same with the console's own width and colours. Names from the model are shown as text, never as markup."""
    console.print(_summary(profile))
    console.print(_layers(profile, console.width))
    if profile.targets or profile.counted:
        console.print()
        # a column for each place: more headings than places, and the cycles must not be cut short
        (corner, *places), *rows = zip(TARGET_HEADINGS, *target_rows(profile), strict=True)
        console.print(_text_table((corner, *places), rows, left=1))
        console.print()
        console.print(_text_table(target_layer_headings(profile), target_layer_rows(profile), left=2))
    for warning in profile.warnings:
        console.print(Text.assemble(("warning: ", "bold yellow"), clean_text(warning, max_length=400)))


def _text_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int) -> Table:
    """Cells may be untrusted text; the first `left` columns are aligned to the left."""
    table = Table(header_style="bold", box=None, padding=(0, 1), pad_edge=False)
    for position, heading in enumerate(headings):
        table.add_column(Text(clean_text(heading, 60)), justify="left" if position < left else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean_text(cell, 60)) for cell in row))
    return table


def _summary(profile: Profile) -> Panel:
    board, model = profile.board, profile.model
    title = Text(f"{clean_text(model.name, 40)} on {board.title} ({board.core}, {board.clock_hz / 1e6:g} MHz)")
    return Panel(Group(_headline(profile), Text(), _fit(profile)), title=title, title_align="left", padding=(1, 2))


def _headline(profile: Profile) -> Table:
    summary, model, options = profile.summary, profile.model, profile.options
    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim")
    grid.add_column(style="bold")
    grid.add_column(style="dim")
    for name, figure, unit in (
        ("latency", summary.latency_ms, "ms"),
        ("cycles", summary.cycles, ""),
        ("instructions", summary.instructions, ""),
        ("cycles / MAC", summary.cycles_per_mac, ""),
    ):
        grid.add_row(name, format_figure(figure, unit), _basis(figure))
    grid.add_row(
        "stack high water",
        format_figure(summary.stack_high_water_bytes, "bytes"),
        _basis(summary.stack_high_water_bytes),
    )
    grid.add_row("arena", format_bytes(int(summary.arena_bytes.value)), _arena_note(profile))
    grid.add_row("outputs", *_correctness(profile.correctness))
    grid.add_row(
        "model",
        f"{format_count(model.macs.value)} MACs, {model.operators} operators",
        f"{model.dtype}, -{options.optimization}, kernels {options.kernels}",
    )
    return grid


def _basis(figure: Figure | Unavailable) -> str:
    return figure.basis.value if isinstance(figure, Figure) else ""


def _arena_note(profile: Profile) -> str:
    bound = int(profile.arena.lower_bound_bytes)
    if profile.arena.arena_bytes == bound:
        return f"{profile.arena.planner}, equal to the lower bound"
    return f"{profile.arena.planner}, lower bound {format_bytes(bound)}"


def _correctness(correctness: Correctness | Unavailable) -> tuple[Text, str]:
    if isinstance(correctness, Unavailable):
        return Text(f"unavailable ({clean_text(correctness.reason, 200)})"), ""
    reference = clean_text(correctness.reference)
    if correctness.bit_equal_share.value == 1:
        text = Text(f"bit-equal to {reference}", style="bold green")
    else:
        style = "bold green" if correctness.agrees else "bold red"
        share = f"{correctness.bit_equal_share.value:.1%} bit-equal to {reference}"
        largest = f"largest difference {format_difference(correctness)}"
        text = Text(f"{share}, {largest}", style=style)
    return text, f"{correctness.input_sets} inputs, {correctness.bit_equal_share.basis.value}"


def _fit(profile: Profile) -> Table:
    summary = profile.summary
    grid = Table.grid(padding=(0, 3))
    for style in ("dim", "", "bold", "dim"):
        grid.add_column(style=style)
    for name, figure, available, kind in (
        ("flash", summary.flash_bytes, summary.flash_available_bytes, MemoryKind.FLASH),
        ("RAM", summary.ram_bytes, summary.ram_available_bytes, MemoryKind.RAM),
    ):
        used = int(figure.value)
        parts = [line for line in profile.memory.account(kind) if line.part_of is None]
        largest = sorted(parts, key=lambda line: -line.size_bytes)[:3]
        grid.add_row(
            name,
            _bar(used, available, "red" if used > available else "cyan", width=24),
            f"{format_bytes(used)} of {format_bytes(available)}",
            ", ".join(f"{line.category.value} {format_bytes(line.size_bytes)}" for line in largest),
        )
    grid.add_row("fits", Text("yes", style="green") if summary.fits else Text("NO", style="bold red"))
    return grid


def _bar(value: float, whole: float, color: str, width: int) -> RenderableType:
    return Bar(size=max(whole, 1), begin=0, end=min(value, whole), width=width, color=color, bgcolor="grey23")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the layer table, shown in windows of at least `from_width` characters."""

    heading: str
    cell: Callable[[LayerProfile], RenderableType]
    from_width: int = 0
    justify: Literal["left", "right"] = "right"
    style: str = ""


def _columns(profile: Profile) -> tuple[_Column, ...]:
    total = profile.summary.cycles.value if isinstance(profile.summary.cycles, Figure) else 0
    slowest = max((_cycles(layer) for layer in profile.layers), default=0)

    def share(layer: LayerProfile) -> RenderableType:
        return f"{_cycles(layer) / total:.1%}" if total and isinstance(layer.time.cycles, Figure) else _MISSING

    def bar(layer: LayerProfile) -> RenderableType:
        return _bar(_cycles(layer), slowest, "magenta", width=_LAYER_BAR) if slowest else ""

    return (
        _Column(heading="#", cell=lambda layer: str(layer.index), style="dim"),
        _Column(heading="layer", cell=_kind, justify="left"),
        _Column(heading="kernel", cell=lambda layer: Text(layer.kernel), from_width=118, justify="left", style="dim"),
        _Column(heading="output", cell=_output, from_width=94, justify="left", style="dim"),
        _Column(heading="cycles", cell=_cycles_text),
        _Column(heading="time", cell=_time),
        _Column(heading="share", cell=share),
        _Column(heading="c/MAC", cell=_cycles_per_mac, from_width=68),
        _Column(heading="weights", cell=_weights, from_width=68),
        _Column(heading="", cell=bar, from_width=80, justify="left"),
    )


def _layers(profile: Profile, width: int) -> Table:
    table = Table(header_style="bold", box=None, padding=(0, 1), pad_edge=False)
    shown = [column for column in _columns(profile) if width >= column.from_width]
    for column in shown:
        table.add_column(column.heading, justify=column.justify, style=column.style, no_wrap=True)
    for layer in profile.layers:
        table.add_row(*(column.cell(layer) for column in shown))
    return table


def _cycles(layer: LayerProfile) -> float:
    return layer.time.cycles.value if isinstance(layer.time.cycles, Figure) else 0


def _kind(layer: LayerProfile) -> RenderableType:
    return Text(clean_text(layer.kind.lower(), 20))


def _output(layer: LayerProfile) -> RenderableType:
    return format_shapes(tensor.shape for tensor in layer.outputs)


def _cycles_text(layer: LayerProfile) -> RenderableType:
    cycles = layer.time.cycles
    return format_count(cycles.value) + format_uncertainty(cycles) if isinstance(cycles, Figure) else _MISSING


def _time(layer: LayerProfile) -> RenderableType:
    latency = layer.time.latency_ms
    return format_ms(latency.value) if isinstance(latency, Figure) else _MISSING


def _cycles_per_mac(layer: LayerProfile) -> RenderableType:
    ratio = layer.cycles_per_mac
    return f"{ratio.value:.2f}" if isinstance(ratio, Figure) else _MISSING


def _weights(layer: LayerProfile) -> RenderableType:
    return format_bytes(int(layer.weights_bytes.value)) if layer.weights_bytes.value else _MISSING
