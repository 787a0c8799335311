"""CONV_2D, int8, with few input channels, for cores with the DSP extension: windows are read from widened rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from profiler.codegen.lowering.accumulation import accumulation_of, int8_values
from profiler.codegen.lowering.conv_2d import FILTERS, groups_of
from profiler.codegen.lowering.geometry import Window, window_of
from profiler.codegen.lowering.packing_dsp import channel_pairs, requantization_of
from profiler.codegen.lowering.requirements import first_reason, options_as, required_input
from profiler.codegen.model import Constant, Lowered, int32_constants
from profiler.graph.model import Graph, Operator
from profiler.graph.options import Conv2DOptions
from profiler.plan.model import OperatorNeeds

_PIXELS = 4
_MOST_RUN = 16  # elements of a row of a window: their steps are unrolled, and must stay in an instruction cache
_MOST_STRIP_BYTES = 2048
_MOST_WASTE = 1.125  # of pixels computed / pixels needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """What is widened at once: the input rows of `tile_pixels` neighbouring windows, each `row_elements` long."""

    tile_pixels: int
    row_elements: int
    pair_at_each_element: bool  # some windows begin at odd elements
    size_bytes: int  # a multiple of 4


def strip_of(window: Window) -> Strip:
    """As long as a row of outputs, or the longest that stays below a limit and divides the row into equal parts."""
    groups = whole = -(-window.width.output_size // _PIXELS)
    tiles = 1
    while (strip := _strip_of(window, groups * _PIXELS)).size_bytes > _MOST_STRIP_BYTES and groups > 1:
        tiles += 1
        groups = -(-whole // tiles)
    return strip


def _strip_of(window: Window, tile_pixels: int) -> Strip:
    advance = window.width.stride * window.input_channels
    at_each = advance % 2 == 1
    elements = (tile_pixels - 1) * advance + window.width.filter_size * window.input_channels
    elements += 0 if at_each else elements % 2
    rows = window.height.filter_size
    return Strip(
        tile_pixels=tile_pixels,
        row_elements=elements,
        pair_at_each_element=at_each,
        size_bytes=4 * (1 + rows * elements) if at_each else 2 * rows * elements,
    )


def why_not(graph: Graph, operator: Operator) -> str | None:
    """Why this kernel cannot run the operator, or does not pay, or None."""
    return first_reason(_reasons(graph, operator))


def _reasons(graph: Graph, operator: Operator) -> Iterator[str | None]:
    yield FILTERS.why_not_s8(graph, operator)
    yield None if groups_of(graph, operator) == 1 else "grouped convolution"
    window = window_of(graph, operator)
    run, outputs = window.width.filter_size * window.input_channels, window.width.output_size
    yield None if window.width.dilation == 1 else "filter taps are not neighbours"
    yield None if window.width.filter_size > window.width.stride else "neighbouring windows share nothing"
    yield None if run <= _MOST_RUN else f"a row of the filter has {run} elements, more than {_MOST_RUN}"
    computed = -(-outputs // _PIXELS) * _PIXELS
    yield None if computed <= _MOST_WASTE * outputs else f"rows of {outputs} pixels leave most of a group of four idle"
    size = strip_of(window).size_bytes
    yield None if size <= _MOST_STRIP_BYTES else f"widened rows take {size} bytes, more than {_MOST_STRIP_BYTES}"


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Weights paired in the order of the input, row by row of the filter, two output channels to a word."""
    options = options_as(operator, Conv2DOptions)
    window = window_of(graph, operator)
    strip = strip_of(window)
    weights = int8_values(required_input(graph, operator, 1))
    flat = weights.reshape(weights.shape[0], -1)
    outputs = requantization_of(accumulation_of(graph, operator, flat, options.activation), flat)
    rows = weights.reshape(*weights.shape[:2], -1)
    rows = np.pad(rows, ((0, 0), (0, 0), (0, rows.shape[2] % 2)))
    pairs = rows.reshape(weights.shape[0], -1, 2)
    packed = channel_pairs(pairs)
    staged_bytes = 4 * (pairs.shape[1] + 2 * outputs.records.shape[1])  # weights and records of two channels
    constants = {"kPixels": _PIXELS, "kTilePixels": strip.tile_pixels, "kRowElements": strip.row_elements}
    return Lowered(
        constants=(
            *window.constants(),
            *outputs.constants,
            *packed.constants,
            *int32_constants(constants),
            Constant(c_type="bool", name="kPairAtEachElement", value=strip.pair_at_each_element),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "scratch", "output:0"),
        blobs=(packed.blob, outputs.blob(multiple=2)),
        needs=OperatorNeeds(scratch_bytes=strip.size_bytes + staged_bytes),
    )
