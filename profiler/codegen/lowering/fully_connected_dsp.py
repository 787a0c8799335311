"""FULLY_CONNECTED, int8, for cores with the DSP extension."""

from __future__ import annotations

import numpy as np

from profiler.boards.model import CoreFeature
from profiler.codegen.lowering.accumulation import int8_values, little_endian
from profiler.codegen.lowering.fully_connected import FILTERS, accumulation, sizes
from profiler.codegen.lowering.packing_dsp import (
    can_fold,
    interleaved,
    paired_weights,
    requantization_of,
    with_channels,
)
from profiler.codegen.lowering.requirements import required_input
from profiler.codegen.model import Blob, Constant, Kernel, Lowered
from profiler.graph.model import Graph, Operator

OUTPUTS_AT_ONCE = 4
INPUTS_AT_ONCE = 4


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Weights in blocks of four outputs times four inputs, two outputs to a word."""
    weights = int8_values(required_input(graph, operator, 1))
    outputs = requantization_of(accumulation(graph, operator), weights)
    padded = with_channels(with_channels(weights, OUTPUTS_AT_ONCE).T, INPUTS_AT_ONCE).T.astype(np.int8)
    pairs = paired_weights(padded[:, np.newaxis, :])  # (outputs, inputs / 2, 2)
    first, second = pairs[0::2], pairs[1::2]
    folded = can_fold(first.reshape(len(first), -1), second.reshape(len(second), -1))
    # (groups, two pairs of outputs, steps, words, halfwords) with the pairs of outputs inside of the steps
    words = interleaved(first, second, folded=folded).reshape(-1, 2, padded.shape[1] // INPUTS_AT_ONCE, 2, 2)
    return Lowered(
        constants=(
            *sizes(graph, operator),
            *outputs.constants,
            Constant(c_type="bool", name="kFoldedWeights", value=folded),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(
            Blob(name="weights", c_type="uint32_t", data=little_endian(words.transpose(0, 2, 1, 3, 4))),
            outputs.blob(multiple=OUTPUTS_AT_ONCE),
        ),
    )


KERNELS = (
    Kernel(
        name="fully_connected_s8_dsp",
        kind="FULLY_CONNECTED",
        dtype="int8",
        variant="dsp",
        header="kernels/fully_connected/fully_connected_s8_dsp.h",
        requires=frozenset({CoreFeature.DSP}),
        why_not=FILTERS.why_not_s8,
        lower=lower,
    ),
)
