"""UNIDIRECTIONAL_SEQUENCE_LSTM, int8, for cores with the DSP extension."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from profiler.boards.model import CoreFeature
from profiler.codegen.lowering.accumulation import int8_values, little_endian
from profiler.codegen.lowering.packing_dsp import FourOutputs, four_outputs
from profiler.codegen.lowering.requirements import required_input
from profiler.codegen.lowering.unidirectional_sequence_lstm import KIND, lowered_s8, why_not
from profiler.codegen.model import Blob, Constant, Kernel, Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.sequence_lstm import INPUT_WEIGHTS, RECURRENT_WEIGHTS


def lower(graph: Graph, operator: Operator) -> Lowered:
    """For each unit the weights of its gates in blocks of four values, for the step and for the hidden state."""
    values, hidden = (_by_unit(graph, operator, positions) for positions in (INPUT_WEIGHTS, RECURRENT_WEIGHTS))
    words = np.concatenate([values.words, hidden.words], axis=1)
    return lowered_s8(
        graph,
        operator,
        Blob(name="weights", c_type="uint32_t", data=little_endian(words)),
        Constant(c_type="bool", name="kFoldedWeights", value=values.folded),
        Constant(c_type="bool", name="kFoldedHiddenWeights", value=hidden.folded),
    )


def _by_unit(graph: Graph, operator: Operator, positions: Sequence[int]) -> FourOutputs:
    """The gates of a unit are the four outputs."""
    gates = np.stack([int8_values(required_input(graph, operator, position)) for position in positions], axis=1)
    return four_outputs(gates.reshape(-1, gates.shape[2]))


KERNELS = (
    Kernel(
        name="unidirectional_sequence_lstm_s8_dsp",
        kind=KIND,
        dtype="int8",
        variant="dsp",
        header="kernels/unidirectional_sequence_lstm/unidirectional_sequence_lstm_s8_dsp.h",
        requires=frozenset({CoreFeature.DSP}),
        why_not=why_not(DataType.INT8),
        lower=lower,
    ),
)
