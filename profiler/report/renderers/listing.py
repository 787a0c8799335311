"""An explanation in a terminal: the table of layers by cause, the hottest functions, the listing of a layer."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from profiler.report.explanation import CauseCycles, ExplainedLayer, Explanation, ListedBlock, ListedInstruction
from profiler.report.formatting import clean_text, format_count

_CAUSES = {
    "issue": "issue",
    "load_use": "load-use",
    "branch": "branch",
    "multiply_divide": "mul/div",
    "fpu": "FPU",
    "fetch_wait": "fetch wait",
    "data_wait": "data wait",
}


def print_explanation(explanation: Explanation, console: Console, *, top: int) -> None:
    """The chosen layer with its `top` blocks, or all layers with the `top` functions."""
    if explanation.chosen is None:
        console.print(_layers(explanation.layers))
        _print_functions(explanation, console, top)
    else:
        console.print(_layers([explanation.chosen]))
        _print_memory(explanation.chosen, console)
        _print_functions(explanation, console, top)
        for block in explanation.blocks[:top]:
            console.print(Text(_heading(block, explanation.chosen.cycles.total), style="bold"), soft_wrap=True)
            console.print(_listing(block))
        if len(explanation.blocks) > top:
            rest = sum(block.cycles.total for block in explanation.blocks[top:])
            console.print(f"{len(explanation.blocks) - top} more blocks with {format_count(rest)} cycles: see --top")
    if explanation.memory_config:
        console.print(f"memory system changed by the user: {explanation.memory_config}", style="yellow")
    for warning in explanation.warnings:
        console.print(Text(f"warning: {clean_text(warning, 400)}", style="yellow"))


def _table(*headings: str, left: Iterable[str] = ()) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="left" if heading in left else "right", no_wrap=True)
    return table


def _layers(layers: Iterable[ExplainedLayer]) -> Table:
    table = _table("#", "layer", "instructions", "cycles", *_CAUSES.values(), left=("layer",))
    rows = list(layers)
    for layer in rows:
        cycles = layer.cycles
        shares = [_share(getattr(cycles, cause), cycles.total) for cause in _CAUSES]
        number = str(layer.layer) if layer.layer >= 0 else ""
        table.add_row(number, clean_text(layer.kind, 24), f"{cycles.instructions:,}", f"{cycles.total:,}", *shares)
    if len(rows) > 1:
        total = sum(layer.cycles.total for layer in rows)
        shares = [_share(sum(getattr(layer.cycles, cause) for layer in rows), total) for cause in _CAUSES]
        instructions = sum(layer.cycles.instructions for layer in rows)
        table.add_row("", "total", f"{instructions:,}", f"{total:,}", *shares, style="bold")
    return table


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if part else "·"


def _print_memory(layer: ExplainedLayer, console: Console) -> None:
    for counts in layer.memory:
        console.print(
            f"{counts.region}: {counts.fetches:,} line fetches ({counts.fetch_misses:,} missed), "
            f"{counts.reads:,} reads ({counts.read_misses:,} missed), {counts.writes:,} writes",
            style="dim",
            soft_wrap=True,
        )


def _print_functions(explanation: Explanation, console: Console, top: int) -> None:
    table = _table("function", "cycles", *_CAUSES.values(), left=("function",))
    for function in explanation.functions[:top]:
        shares = [_share(getattr(function.cycles, cause), function.cycles.total) for cause in _CAUSES]
        table.add_row(clean_text(function.function, 60), f"{function.cycles.total:,}", *shares)
    console.print(table)
    if explanation.unplaced_wait:
        told = f"{explanation.unplaced_wait:,} cycles of waiting for memory are known of whole layers only"
        console.print(f"without {told}", style="dim")


def _heading(block: ListedBlock, layer_cycles: int) -> str:
    each = f"{block.count:,} times {block.cycles.total / block.count:.2f} cycles"
    share = f"{_share(block.cycles.total, layer_cycles)} of the layer"
    return f"\n{clean_text(block.function, 60)}, block at 0x{block.address:08x}: {each}, {share}"


def _listing(block: ListedBlock) -> Table:
    shown = {cause: name for cause, name in _CAUSES.items() if cause == "issue" or getattr(block.cycles, cause)}
    table = _table("address", "bytes", "instruction", "cycles", "each", *shown.values(), "source",
                   left=("bytes", "instruction", "source"))  # fmt: skip
    if block.entry_cycles:
        entry = [f"{block.entry_cycles:,}" if cause == "branch" else "·" for cause in shown]
        each_entry = f"{block.entry_cycles / block.count:.2f}"
        table.add_row("", "", "branches to here", f"{block.entry_cycles:,}", each_entry, *entry, style="dim")
    for line in block.instructions:
        cells = (*_line(line), *_cells(line.cycles, shown), line.line or "")
        table.add_row(*(Text(cell) for cell in cells), style=_style(line))  # "[r0]" would be taken for markup
    return table


def _line(line: ListedInstruction) -> tuple[str, ...]:
    total = line.cycles.total
    return f"{line.address:08x}", line.encoding, line.text, f"{total:,}", f"{total / line.count:.2f}"


def _cells(cycles: CauseCycles, shown: Iterable[str]) -> list[str]:
    return [f"{getattr(cycles, cause):,}" if getattr(cycles, cause) else "·" for cause in shown]


def _style(line: ListedInstruction) -> str:
    """What takes more than a cycle stands out."""
    each = line.cycles.total / line.count
    return "bold red" if each >= 2.5 else "yellow" if each > 1 else ""
