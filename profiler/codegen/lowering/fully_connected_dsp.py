"""FULLY_CONNECTED, int8, for cores with the DSP extension."""

from __future__ import annotations

from profiler.boards.model import CoreFeature
from profiler.codegen.lowering.accumulation import int8_values, little_endian
from profiler.codegen.lowering.fully_connected import FILTERS, accumulation, sizes
from profiler.codegen.lowering.packing_dsp import OUTPUTS_AT_ONCE, four_outputs, requantization_of
from profiler.codegen.lowering.requirements import required_input
from profiler.codegen.model import Blob, Constant, Kernel, Lowered
from profiler.graph.model import Graph, Operator


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Weights in blocks of four outputs times four inputs, two outputs to a word."""
    weights = int8_values(required_input(graph, operator, 1))
    outputs = requantization_of(accumulation(graph, operator), weights)
    packed = four_outputs(weights)
    return Lowered(
        constants=(
            *sizes(graph, operator),
            *outputs.constants,
            Constant(c_type="bool", name="kFoldedWeights", value=packed.folded),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(
            Blob(name="weights", c_type="uint32_t", data=little_endian(packed.words)),
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
