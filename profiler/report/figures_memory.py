"""Charts of flash, RAM and the arena. Pure."""

from __future__ import annotations

from html import escape

from profiler.boards.model import MemoryKind
from profiler.build.model import Category
from profiler.report.formatting import clean_text, format_bytes
from profiler.report.palette import CATEGORY_COLORS, NEUTRAL, ROLE_COLORS, ROOT_COLOR, Chart, layer_label
from profiler.report.profile import ArenaBuffer, Profile


def flash_chart(profile: Profile) -> Chart:
    """Treemap of flash: category, then layer."""
    kinds = {layer.index: layer_label(layer) for layer in profile.layers}
    nodes: list[tuple[str, str, str, int, str]] = []  # id, label, parent, bytes, colour
    for category in Category:
        inside = [entry for entry in profile.memory.flash_by_layer if entry.category is category]
        total = sum(entry.size_bytes for entry in inside)
        if not total:
            continue
        color = CATEGORY_COLORS[category]
        nodes.append((category.value, category.value, "", total, color))
        if any(entry.layer is not None for entry in inside):
            nodes += [
                (
                    f"{category.value}/{entry.layer}",
                    "shared" if entry.layer is None else kinds.get(entry.layer, f"layer {entry.layer}"),
                    category.value,
                    entry.size_bytes,
                    color,
                )
                for entry in inside
            ]
    return _treemap(nodes, "flash", profile.memory.flash_bytes)


def ram_chart(profile: Profile) -> Chart:
    """Treemap of RAM, one box a line of the account."""
    nodes = [
        (line.what, escape(line.what), "", line.size_bytes, CATEGORY_COLORS[line.category])
        for line in profile.memory.account(MemoryKind.RAM)
        if line.part_of is None
    ]
    return _treemap(nodes, "RAM", profile.memory.ram_bytes)


def _treemap(nodes: list[tuple[str, str, str, int, str]], name: str, total_bytes: int) -> Chart:
    root = f"{name} {format_bytes(total_bytes)}"
    largest = sorted((node for node in nodes if not node[2]), key=lambda node: -node[3])[:3]
    spoken = ", ".join(f"{node[1]} {format_bytes(node[3])}" for node in largest)
    return {
        "data": [
            {
                "type": "treemap",
                "ids": ["root", *(node[0] for node in nodes)],
                "labels": [root, *(node[1] for node in nodes)],
                "parents": ["", *(node[2] or "root" for node in nodes)],
                "values": [total_bytes, *(node[3] for node in nodes)],
                "text": ["", *(format_bytes(node[3]) for node in nodes)],
                "marker": {"colors": [ROOT_COLOR, *(node[4] for node in nodes)], "line": {"width": 1}},
                "branchvalues": "total",
                "textinfo": "label+text",
                "textfont": {"color": "#ffffff"},
                "hovertemplate": "%{label}<br>%{text} (%{value:,} bytes), %{percentRoot:.1%}<extra></extra>",
                "tiling": {"pad": 2},
                "pathbar": {"visible": False},
            }
        ],
        "layout": {
            "height": 340,
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "uniformtext": {"minsize": 10, "mode": "hide"},
        },
        "label": f"Treemap of {root}. Largest: {spoken}.",
    }


def arena_chart(profile: Profile) -> Chart:
    """Each buffer a rectangle: the operators it lives through × its bytes."""
    arena = profile.arena
    roles = {role: [buffer for buffer in arena.buffers if buffer.role == role] for role in ROLE_COLORS}
    traces = [_boxes(role, buffers) for role, buffers in roles.items() if buffers]
    return {
        "data": traces,
        "layout": {
            "barmode": "overlay",
            "height": 380,
            "xaxis": {"title": {"text": "layer"}, "range": [-0.6, len(profile.layers) - 0.4], "tickformat": "d"},
            "yaxis": {
                "title": {"text": "bytes"},
                "automargin": True,
                "range": [0, arena.arena_bytes * 1.04],
                "tickformat": ",d",
            },
            "uniformtext": {"minsize": 9, "mode": "hide"},
            "shapes": [_level(arena.lower_bound_bytes)],
            "showlegend": False,
        },
        "legend": {trace["name"]: trace["marker"]["color"] for trace in traces},
        "label": (
            f"Arena over time: {len(arena.buffers)} buffers in {format_bytes(arena.arena_bytes)}; no plan can need "
            f"less than {format_bytes(arena.lower_bound_bytes)} (dashed line)."
        ),
    }


def _boxes(role: str, buffers: list[ArenaBuffer]) -> Chart:
    return {
        "type": "bar",
        "name": role,
        "x": [(buffer.first_operator + buffer.last_operator) / 2 for buffer in buffers],
        "width": [buffer.last_operator - buffer.first_operator + 0.94 for buffer in buffers],
        "base": [buffer.offset_bytes for buffer in buffers],
        "y": [buffer.size_bytes for buffer in buffers],
        "marker": {"color": ROLE_COLORS[role], "line": {"width": 1}},
        "text": [format_bytes(buffer.size_bytes) for buffer in buffers],
        "textposition": "inside",
        "insidetextfont": {"color": "#ffffff"},
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "inside",
        "customdata": [
            [
                _buffer_label(buffer),
                format_bytes(buffer.size_bytes),
                f"{buffer.offset_bytes:,}",
                f"{buffer.first_operator} to {buffer.last_operator}",
            ]
            for buffer in buffers
        ],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]} at %{customdata[2]}, "
        "layers %{customdata[3]}<extra>%{fullData.name}</extra>",
    }


def _buffer_label(buffer: ArenaBuffer) -> str:
    name = escape(clean_text(buffer.name, 60)) or "scratch"
    more = len(buffer.tensor_indices) - 1
    return f"{name} and {more} more in place" if more > 0 else name


def _level(value: float) -> Chart:
    line = {"color": NEUTRAL, "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}
