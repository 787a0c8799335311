"""What the worked examples leave behind: the report in every format, and a picture for a README."""

from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from profiler import VariantComparison
from profiler.variants.renderers import VARIANT_RENDERERS
from profiler.variants.report_files import write_comparison


def write_results(comparison: VariantComparison, folder: Path) -> None:
    """Print the comparison and write it as compare.html, .json, .md and .svg."""
    print(VARIANT_RENDERERS["terminal"].render(comparison))
    for path in (*write_comparison(comparison, folder), draw(comparison, folder / "compare.svg")):
        print(f"wrote {path}")


def draw(comparison: VariantComparison, path: Path) -> Path:
    """Accuracy against latency, and what each slice loses, with 95% intervals. The same comparison, the same bytes."""
    with rc_context({"svg.hashsalt": "profiler", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(10, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _accuracy_against_latency(comparison, left)
        _slices(comparison, right)
        figure.savefig(path, metadata={"Date": None})
    return path


def _accuracy_against_latency(comparison: VariantComparison, axes: Axes) -> None:
    """A colour a board, a marker a variant."""
    rows = comparison.to_pandas().dropna(subset=["latency_ms"])
    colors = {board: f"C{number}" for number, board in enumerate(comparison.boards)}
    markers = {variant.name: "osD^v<>P"[number % 8] for number, variant in enumerate(comparison.variants)}
    intervals = {each.variant: each.metrics[0].interval for each in comparison.accuracy.variants}
    for row in rows.itertuples():
        interval = intervals[row.variant]
        error = [[100 * (row.accuracy - interval.low)], [100 * (interval.high - row.accuracy)]]
        style = {"color": colors[row.board], "marker": markers[row.variant], "capsize": 3}
        axes.errorbar(row.latency_ms, 100 * row.accuracy, error, **style)
    for name, style in [(name, {"marker": marker, "color": "grey"}) for name, marker in markers.items()] + [
        (name, {"marker": "_", "color": color}) for name, color in colors.items()
    ]:
        axes.plot([], [], linestyle="", label=name, **style)
    axes.set(xscale="log", xlabel="latency, ms", ylabel=f"{comparison.accuracy.metric}, %")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, frameon=False)


def _slices(comparison: VariantComparison, axes: Axes) -> None:
    found = [each for each in comparison.accuracy.slices if each.variant == "int8" and each.result.delta is not None]
    names = [f"{each.column} = {each.value}" for each in found]
    bounds = np.array([(each.result.delta_interval.low, each.result.delta_interval.high) for each in found])
    deltas = np.array([each.result.delta for each in found])
    axes.errorbar(100 * deltas, names, xerr=100 * abs(bounds.T - deltas), fmt="s", capsize=3)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.invert_yaxis()
    axes.set_xlim(*(extreme * 1.1 for extreme in (min(-1, 100 * bounds.min()), max(1, 100 * bounds.max()))))
    axes.set(xlabel=f"{comparison.accuracy.metric} of int8 − {comparison.baseline}, percentage points")
