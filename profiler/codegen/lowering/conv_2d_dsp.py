"""CONV_2D, int8, for cores with the DSP extension."""

from __future__ import annotations

import numpy as np

from profiler.boards.model import CoreFeature
from profiler.codegen.lowering import conv_2d_strip_dsp
from profiler.codegen.lowering.accumulation import accumulation_of, int8_values
from profiler.codegen.lowering.conv_2d import FILTERS, groups_of
from profiler.codegen.lowering.geometry import Window, window_of
from profiler.codegen.lowering.packing_dsp import channel_pairs, paired_weights, requantization_of
from profiler.codegen.lowering.requirements import options_as, required_input
from profiler.codegen.model import Kernel, Lowered, int32_constants
from profiler.graph.model import Graph, Operator
from profiler.graph.options import Conv2DOptions
from profiler.plan.model import OperatorNeeds

# Instructions of one step of `dot_dsp.h` for one to four pixels.
_STEP_INSTRUCTIONS = {1: 5, 2: 7, 3: 10, 4: 12}
_STEPS_A_ROUND = 4


def why_not(graph: Graph, operator: Operator) -> str | None:
    """Why this kernel cannot run the operator, or None."""
    if (reason := FILTERS.why_not_s8(graph, operator)) is not None:
        return reason
    return None if groups_of(graph, operator) == 1 else "grouped convolution"


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Weights paired in the order of the widened window, two output channels to a word."""
    options = options_as(operator, Conv2DOptions)
    window = window_of(graph, operator)
    weights = int8_values(required_input(graph, operator, 1))
    flat = weights.reshape(weights.shape[0], -1)
    sums = accumulation_of(graph, operator, flat, options.activation)
    run_taps = 1 if window.width.dilation > 1 else window.width.filter_size
    pairs = paired_weights(weights.reshape(weights.shape[0], -1, run_taps * window.input_channels))
    steps = -(-pairs.shape[1] // _STEPS_A_ROUND) * _STEPS_A_ROUND
    packed = channel_pairs(np.pad(pairs, ((0, 0), (0, steps - pairs.shape[1]), (0, 0))))
    outputs = requantization_of(sums, flat)
    pixels = pixels_at_once(window.batches * window.height.output_size * window.width.output_size)
    constants = {"kPixels": pixels, "kSteps": steps}
    return Lowered(
        constants=(
            *window.constants(),
            *outputs.constants,
            *packed.constants,
            *int32_constants(constants),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "scratch", "output:0"),
        blobs=(packed.blob, outputs.blob(multiple=2)),
        needs=OperatorNeeds(
            scratch_bytes=_scratch_bytes(window, pixels=pixels, steps=steps, run_taps=run_taps),
            in_place_inputs=(0,) if _may_overwrite_input(window) else (),
        ),
    )


def pixels_at_once(positions: int) -> int:
    """How many output pixels share each weight: whichever takes the fewest instructions for so many positions."""
    return min(_STEP_INSTRUCTIONS, key=lambda pixels: (-(-positions // pixels) * _STEP_INSTRUCTIONS[pixels], pixels))


def _scratch_bytes(window: Window, *, pixels: int, steps: int, run_taps: int) -> int:
    """The widened windows and, where runs at an edge are assembled from bytes, one run."""
    assembled = window.padded and window.input_channels % 4 != 0
    return 4 * steps * pixels + (run_taps * window.input_channels if assembled else 0)


def _may_overwrite_input(window: Window) -> bool:
    """Pixels are read before they are written when a window is one pixel and outputs advance no faster than inputs."""
    one_pixel = window.height.filter_size == window.width.filter_size == 1
    return one_pixel and not window.padded and window.output_channels <= window.input_channels


KERNELS = (  # the first that fits is chosen
    Kernel(
        name="conv_2d_s8_dsp_strip",
        kind="CONV_2D",
        dtype="int8",
        variant="dsp",
        header="kernels/conv_2d/conv_2d_s8_dsp_strip.h",
        requires=frozenset({CoreFeature.DSP}),
        why_not=conv_2d_strip_dsp.why_not,
        lower=conv_2d_strip_dsp.lower,
    ),
    Kernel(
        name="conv_2d_s8_dsp",
        kind="CONV_2D",
        dtype="int8",
        variant="dsp",
        header="kernels/conv_2d/conv_2d_s8_dsp.h",
        requires=frozenset({CoreFeature.DSP}),
        why_not=why_not,
        lower=lower,
    ),
)
