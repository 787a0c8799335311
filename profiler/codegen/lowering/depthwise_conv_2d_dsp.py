"""DEPTHWISE_CONV_2D, int8, for cores with the DSP extension."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from profiler.boards.model import CoreFeature
from profiler.codegen.lowering.accumulation import Int8Array, accumulation_of, little_endian
from profiler.codegen.lowering.depthwise_conv_2d import FILTERS, geometry_constants, weights_by_channel
from profiler.codegen.lowering.geometry import Window, window_of
from profiler.codegen.lowering.packing_dsp import requantization_of
from profiler.codegen.lowering.requirements import options_as
from profiler.codegen.model import Blob, Constant, Kernel, Lowered, int32_constants
from profiler.graph.model import Graph, Operator
from profiler.graph.options import DepthwiseConv2DOptions
from profiler.plan.model import OperatorNeeds

PLANE_LIMIT_BYTES = 6 * 1024  # of scratch; images that need more are filtered in bands of rows
_ROW_LIMIT_VALUES = 255  # of a filter in registers: LDRD reaches 1020 bytes, two rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plane:
    """The scratch of one channel, see plane_dsp.h."""

    row_values: int
    strip_rows: int
    band_rows: int

    @property
    def size_bytes(self) -> int:
        return 2 * self.row_values * self.strip_rows


def why_not(graph: Graph, operator: Operator) -> str | None:
    """Why this kernel cannot run the operator, or None."""
    if (reason := FILTERS.why_not_s8(graph, operator)) is not None:
        return reason
    window = window_of(graph, operator)
    if window.width.dilation > 1 or window.height.dilation > 1:
        return "dilated"
    plane = _plane(window)
    return f"one row of windows needs {plane.size_bytes} bytes" if plane.size_bytes > PLANE_LIMIT_BYTES else None


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Weights by channel, in the words that the filter reads."""
    window, weights = window_of(graph, operator), weights_by_channel(graph, operator)
    sums = accumulation_of(graph, operator, weights, options_as(operator, DepthwiseConv2DOptions).activation)
    outputs = requantization_of(sums, weights)
    plane = _plane(window)
    taps = weights.reshape(-1, window.height.filter_size, window.width.filter_size)
    in_registers = taps.shape[1:] == (3, 3) and plane.row_values <= _ROW_LIMIT_VALUES
    packed = _words_of_3x3(taps) if in_registers else _pairs(taps, scale=2 if outputs.short else 1)
    values = {"kRowValues": plane.row_values, "kStripRows": plane.strip_rows, "kBandRows": plane.band_rows}
    same_pixels = window.input_channels == window.output_channels and _outputs_lag_behind(window)
    return Lowered(
        constants=(
            *geometry_constants(graph, operator),
            *outputs.constants,
            *int32_constants(values),
            Constant(c_type="bool", name="kFilterInRegisters", value=in_registers),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "scratch", "output:0"),
        blobs=(Blob(name="weights", c_type="uint32_t", data=packed), outputs.blob()),
        needs=OperatorNeeds(
            scratch_bytes=plane.size_bytes,
            in_place_inputs=(0,) if same_pixels and plane.band_rows == window.height.output_size else (),
        ),
    )


def _plane(window: Window) -> _Plane:
    """As many output rows at once as the scratch may hold, at least one."""
    height, width = window.height, window.width
    # Taps are read in pairs, also behind the last one of an odd row.
    values = (width.output_size - 1) * width.stride + width.filter_size + width.filter_size % 2
    values += values % 2
    most_rows = PLANE_LIMIT_BYTES // (2 * values)
    band_rows = max(1, min(height.output_size, (most_rows - height.filter_size) // height.stride + 1))
    strip_rows = (band_rows - 1) * height.stride + height.filter_size
    return _Plane(row_values=values, strip_rows=strip_rows, band_rows=band_rows)


def _outputs_lag_behind(window: Window) -> bool:
    """Whether outputs of one image end before the next image's inputs begin."""
    return window.batches == 1 or (
        window.height.output_size * window.width.output_size <= window.height.input_size * window.width.input_size
    )


def _words_of_3x3(taps: Int8Array) -> bytes:
    """Rows (a, b, c) as bytes (a, b, b, c), of which SXTB16 takes (a, b) and, rotated, (b, c)."""
    return little_endian(taps[:, :, [0, 1, 1, 2]])


def _pairs(taps: Int8Array, *, scale: int) -> bytes:
    """Rows as int16 with a zero behind odd ones, multiplied by `scale`."""
    padded = np.pad(taps, ((0, 0), (0, 0), (0, taps.shape[2] % 2)))
    return little_endian(padded.astype(np.int16) * np.int16(scale))


KERNELS = (
    Kernel(
        name="depthwise_conv_2d_s8_dsp",
        kind="DEPTHWISE_CONV_2D",
        dtype="int8",
        variant="dsp",
        header="kernels/depthwise_conv_2d/depthwise_conv_2d_s8_dsp.h",
        requires=frozenset({CoreFeature.DSP}),
        why_not=why_not,
        lower=lower,
    ),
)
