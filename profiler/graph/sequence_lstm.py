"""Where a UNIDIRECTIONAL_SEQUENCE_LSTM has which of its 24 inputs, and its sizes.

Each of the four gates (input, forget, cell, output) has weights for the step's values, weights for the hidden state
that the step before left, and a bias.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from profiler.graph.model import Graph, Operator
from profiler.graph.options import SequenceLstmOptions

INPUT_COUNT = 24
SOURCE = 0  # positions among the inputs
INPUT_WEIGHTS = (1, 2, 3, 4)  # of each gate: (units, inputs)
RECURRENT_WEIGHTS = (5, 6, 7, 8)  # of each gate: (units, units)
PEEPHOLES = (9, 10, 11)
BIASES = (12, 13, 14, 15)  # of each gate: (units,)
PROJECTION = (16, 17)
HIDDEN_STATE, CELL_STATE = 18, 19
NORMALIZATION = (20, 21, 22, 23)
CONSTANTS = (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS, *BIASES)
REQUIRED = (SOURCE, *CONSTANTS, HIDDEN_STATE, CELL_STATE)
GATE_SCALE = 2.0**-12  # of an int16 that goes into a gate's function
UNIT_SCALE = 2.0**-15  # of an int16 that comes out of it


@dataclass(frozen=True, slots=True, kw_only=True)
class LstmSizes:
    """Values a step takes (`inputs`) and gives (`units`)."""

    batches: int
    steps: int
    inputs: int
    units: int


def lstm_sizes(graph: Graph, operator: Operator) -> LstmSizes:
    """The sizes, as the three dimensions of the input and the weights say. Raises ValueError without these."""
    source, weights = graph.input_tensor(operator, SOURCE), graph.input_tensor(operator, INPUT_WEIGHTS[0])
    if source is None or weights is None or len(source.shape) != 3 or not weights.shape:
        raise ValueError(f"operator {operator.index} has no input of 3 dimensions, or no weights")
    first, second, inputs = source.shape
    time_major = isinstance(operator.options, SequenceLstmOptions) and operator.options.time_major
    steps, batches = (first, second) if time_major else (second, first)
    return LstmSizes(batches=batches, steps=steps, inputs=inputs, units=weights.shape[0])


def sequence_lstm_macs(graph: Graph, operator: Operator) -> int:
    """Multiply-accumulates of one inference: each step of each batch takes every weight once."""
    source = graph.input_tensor(operator, SOURCE)
    weights = (graph.input_tensor(operator, position) for position in (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS))
    steps = prod(source.shape[:-1]) if source is not None else 0
    return steps * sum(tensor.elements for tensor in weights if tensor is not None)


def sequence_lstm_ops(graph: Graph, operator: Operator) -> int:
    """Other arithmetic of one inference. For each output: a bias and the sum of two products at four gates, 3 logistic
    functions, 2 hyperbolic tangents, 3 products and a sum; 2 comparisons more where the cell state is clipped."""
    options = operator.options
    clips = isinstance(options, SequenceLstmOptions) and options.cell_clip > 0
    return (4 * 2 + 3 * 3 + 2 * 4 + 3 + 1 + 2 * clips) * graph.output_tensor(operator).elements
