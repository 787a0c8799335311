"""The report as GitHub-flavoured Markdown: a file, or a comment on a pull request."""

from __future__ import annotations

import re

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
from profiler.report.profile import Correctness, Figure, LayerProfile, Profile, Unavailable
from profiler.report.target_table import TARGET_HEADINGS, target_layer_headings, target_layer_rows, target_rows

# What means something to Markdown, HTML or GitHub inside a line of text: marks, mentions and issue links, underscores
# at the edge of a word, emoji names and addresses that GitHub would turn into links.
_SPECIAL = re.compile(r"[\\`*{}\[\]<>#|~@&$]|(?<!\w)_|_(?!\w)|:(?=[a-z/+-])|(?<=www)\.", re.IGNORECASE)


def escape(text: str, max_length: int = 120) -> str:
    """Untrusted text as Markdown text: one line, what Markdown would act on as character references.

    References rather than backslashes: GitHub links `@name` and `#1` also behind a backslash.
    """
    return _SPECIAL.sub(lambda match: f"&#{ord(match.group())};", clean_text(text, max_length))


def render(profile: Profile) -> str:
    """Headline figures, fit, warnings, and the layers folded away."""
    board = profile.board
    lines = [
        f"### {escape(profile.model.name)} on {escape(board.title)}",
        "",
        f"{escape(board.core)} at {board.clock_hz / 1e6:g} MHz, {format_count(profile.model.macs.value)} MACs, "
        f"{profile.model.operators} operators, {escape(profile.model.dtype)}",
        "",
        *_summary(profile),
        "",
        *[f"> **Warning:** {escape(warning, 400)}\n" for warning in profile.warnings],
        *_targets(profile),
        *_layers(profile),
        "",
        *_memory(profile),
        "",
        _provenance(profile),
    ]
    return "\n".join(lines) + "\n"


def _table(header: tuple[str, ...], right: int) -> list[str]:
    """Header and rule; columns from number `right` on are aligned to the right."""
    rule = [":--" if position < right else "--:" for position in range(len(header))]
    return [f"| {' | '.join(header)} |", f"| {' | '.join(rule)} |"]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _summary(profile: Profile) -> list[str]:
    summary = profile.summary
    rows = _table(("", "value", "basis"), right=3)
    for name, figure, unit in (
        ("**latency**", summary.latency_ms, "ms"),
        ("**cycles**", summary.cycles, ""),
        ("instructions", summary.instructions, ""),
        ("cycles / MAC", summary.cycles_per_mac, ""),
        ("stack high water", summary.stack_high_water_bytes, "bytes"),
    ):
        basis = figure.basis.value if isinstance(figure, Figure) else ""
        shown = format_figure(figure, unit)
        rows.append(_row(name, escape(shown, 300) if isinstance(figure, Unavailable) else shown, basis))
    for name, figure, available in (
        ("**RAM**", summary.ram_bytes, summary.ram_available_bytes),
        ("**flash**", summary.flash_bytes, summary.flash_available_bytes),
    ):
        share = f"{figure.value / available:.1%}" if available else "no such memory"
        shown = f"{format_bytes(int(figure.value))} of {format_bytes(available)} ({share})"
        rows.append(_row(name, shown, figure.basis.value))
    arena, bound = int(summary.arena_bytes.value), int(summary.arena_lower_bound_bytes.value)
    rows.append(_row("arena", f"{format_bytes(arena)}, lower bound {format_bytes(bound)}", "static"))
    rows.append(_row("fits", "yes" if summary.fits else "**no**", "static"))
    rows.append(_row("outputs", *_correctness(profile.correctness)))
    return rows


def _correctness(correctness: Correctness | Unavailable) -> tuple[str, str]:
    if isinstance(correctness, Unavailable):
        return f"unavailable ({escape(correctness.reason, 300)})", ""
    share = correctness.bit_equal_share
    text = f"{share.value:.4g} of elements" if share.value != 1 else "all elements"
    largest = f"largest difference {escape(format_difference(correctness), 300)}"
    verdict = "" if correctness.agrees else "**disagree**: "
    shown = (
        f"{verdict}{text} bit-equal to {escape(correctness.reference)} over {correctness.input_sets} inputs, {largest}"
    )
    return shown, share.basis.value


def _layers(profile: Profile) -> list[str]:
    header = ("#", "layer", "kernel", "output", "cycles", "time", "share", "cycles / MAC", "weights")
    total = profile.summary.cycles.value if isinstance(profile.summary.cycles, Figure) else 0
    body = [_layer_row(layer, total) for layer in profile.layers]
    opening = ["<details><summary>Layers</summary>", ""]
    return [*opening, *_table(header, right=4), *body, "", "</details>"]


def _targets(profile: Profile) -> list[str]:
    """The same ELF elsewhere; nothing when only the emulator ran it."""
    if not (profile.targets or profile.counted):
        return []
    rows = [_row(*map(escape, row)) for row in target_rows(profile)]
    layers = [_row(*map(escape, row)) for row in target_layer_rows(profile)]
    headings = tuple(map(escape, target_layer_headings(profile)))
    opening = ["", "<details><summary>Layers elsewhere</summary>", ""]
    return [
        *_table(TARGET_HEADINGS, right=1),
        *rows,
        *opening,
        *_table(headings, right=2),
        *layers,
        "",
        "</details>",
        "",
    ]


def _layer_row(layer: LayerProfile, total: float) -> str:
    cycles, latency = layer.time.cycles, layer.time.latency_ms
    known = isinstance(cycles, Figure) and isinstance(latency, Figure)
    return _row(
        str(layer.index),
        escape(layer.kind.lower()),
        f"`{layer.kernel}`",
        format_shapes(tensor.shape for tensor in layer.outputs),
        format_count(cycles.value) + format_uncertainty(cycles) if isinstance(cycles, Figure) else "—",
        format_ms(latency.value) if isinstance(latency, Figure) else "—",
        f"{cycles.value / total:.1%}" if known and isinstance(cycles, Figure) and total else "—",
        f"{layer.cycles_per_mac.value:.2f}" if isinstance(layer.cycles_per_mac, Figure) else "—",
        format_bytes(int(layer.weights_bytes.value)),
    )


def _memory(profile: Profile) -> list[str]:
    memory = profile.memory
    rows = ["<details><summary>Memory, line by line</summary>", "", *_table(("memory", "what", "bytes"), right=2)]
    for kind, name, total in (
        (MemoryKind.FLASH, "flash", memory.flash_bytes),
        (MemoryKind.RAM, "RAM", memory.ram_bytes),
    ):
        for line in memory.account(kind):
            size = f"({line.size_bytes:,})" if line.part_of else f"{line.size_bytes:,}"
            rows.append(_row(name, escape(line.what), size))
        rows.append(_row(f"**{name}**", "**total**", f"**{total:,}**"))
    tool = memory.size_tool
    sizes = f"text {tool.text_bytes:,}, data {tool.data_bytes:,}, bss {tool.bss_bytes:,}"
    return [*rows, "", f"`arm-none-eabi-size`: {sizes}; flash is text + data, RAM is data + bss.", "", "</details>"]


def _provenance(profile: Profile) -> str:
    source = profile.provenance
    return (
        f"<sub>profiler {escape(source.profiler_version)}, {escape(source.toolchain)}, {escape(source.runner)}, "
        f"build `{source.build_digest[:12]}`, model `{source.model_sha256[:12]}`, {escape(source.created)}</sub>"
    )
