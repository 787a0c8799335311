"""What charts and tables share: colours that read on light and dark, and short labels. Pure."""

from __future__ import annotations

from html import escape
from typing import Any

from profiler.build.model import Category
from profiler.report.formatting import clean_text
from profiler.report.profile import LayerProfile

Chart = dict[str, Any]

CAUSE_COLORS = {
    "issue": "#4c78a8",
    "load_use": "#59a8a1",
    "branch": "#f58518",
    "multiply_divide": "#e45756",
    "fpu": "#b279a2",
    "fetch_wait": "#d9a400",
    "data_wait": "#9d755d",
}
CATEGORY_COLORS = {
    Category.WEIGHTS: "#4c78a8",
    Category.KERNELS: "#f58518",
    Category.HARNESS: "#59a8a1",
    Category.BOOT: "#b279a2",
    Category.LIBC: "#9d755d",
    Category.ARENA: "#54a24b",
    Category.STACK: "#e45756",
    Category.HEAP: "#d6616b",
    Category.OTHER: "#8a8f98",
}
ROLE_COLORS = {"input": "#54a24b", "intermediate": "#4c78a8", "output": "#f58518", "scratch": "#9d755d"}
NEUTRAL = "#8a8f98"
ROOT_COLOR = "rgba(128,128,128,0.12)"


def layer_label(layer: LayerProfile) -> str:
    """`3 depthwise_conv`: short enough for an axis on a phone; escaped, as Plotly draws HTML."""
    kind = clean_text(layer.kind.lower(), 18).removesuffix("_2d")
    return f"{layer.index} {escape(kind)}"
