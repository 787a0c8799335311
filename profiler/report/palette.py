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
CATEGORY_COLORS = {  # white text reads on each
    Category.WEIGHTS: "#3f6ea3",
    Category.KERNELS: "#b85c00",
    Category.HARNESS: "#2f7f79",
    Category.BOOT: "#8e5f85",
    Category.LIBC: "#8a5f47",
    Category.ARENA: "#3b8040",
    Category.STACK: "#c0443e",
    Category.HEAP: "#a8485f",
    Category.OTHER: "#6b7078",
}
ROLE_COLORS = {"input": "#3b8040", "intermediate": "#3f6ea3", "output": "#b85c00", "scratch": "#8a5f47"}
NEUTRAL = "#8a8f98"
ROOT_COLOR = "#4a505a"


def layer_label(layer: LayerProfile) -> str:
    """`3 depthwise_conv`: short enough for an axis on a phone; escaped, as Plotly draws HTML."""
    kind = clean_text(layer.kind.lower(), 18).removesuffix("_2d")
    return f"{layer.index} {escape(kind)}"
