"""Consistency of UNIDIRECTIONAL_SEQUENCE_LSTM: the plain LSTM alone, as Keras has it and TFLM runs it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation, SequenceLstmOptions
from profiler.graph.rules import (
    CALIBRATE_HINT,
    CONVERT_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    bias_typed,
    finite,
    multiplier_defined,
    of_rank,
    of_shape,
    of_type,
    product_limit,
    quantized_per_tensor,
    required,
    same_quantization,
    weights_quantized,
)
from profiler.graph.sequence_lstm import (
    BIASES,
    CELL_STATE,
    CONSTANTS,
    GATE_SCALE,
    HIDDEN_STATE,
    INPUT_COUNT,
    INPUT_WEIGHTS,
    NORMALIZATION,
    PEEPHOLES,
    PROJECTION,
    RECURRENT_WEIGHTS,
    REQUIRED,
    SOURCE,
    UNIT_SCALE,
    lstm_sizes,
)

_PLAIN_HINT = "Use keras.layers.LSTM with its own functions (tanh and sigmoid); the converter writes it without these."
_CELL_EXPONENTS = (-29, 2)  # of the cell state's scale: beyond them its products do not fit 32 bits
_INT8_LSTM_HINT = "Convert the model with full integer quantization to int8, or leave all of it in float32."


def sequence_lstm(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Input (batches, steps, inputs), or with steps first; one row of units comes out for each step."""
    options = operator.options
    if not isinstance(options, SequenceLstmOptions):
        return
    if len(operator.inputs) != INPUT_COUNT:
        yield Finding(reason=f"has {len(operator.inputs)} inputs, must have {INPUT_COUNT}", hint=WRITER_HINT)
        return
    found = [*_variants(graph, operator, options)]
    found = found or [*_absent(graph, operator)]
    found = found or [*_shapes(graph, operator)]
    found = found or [*_types(graph, operator), *_states(graph, operator)]
    yield from found
    if not found:
        yield from _values(graph, operator)


def _variants(graph: Graph, operator: Operator, options: SequenceLstmOptions) -> Iterator[Finding]:
    """What makes an LSTM another one than Keras's."""
    present = {position for position in range(INPUT_COUNT) if graph.input_tensor(operator, position) is not None}
    variants = (
        (bool(present & set(PEEPHOLES)), "has peepholes (its gates see the cell state)"),
        (bool(present & set(PROJECTION)), "has a projection of its output"),
        (bool(present & set(NORMALIZATION)), "normalizes its gates"),
        (
            not present & {INPUT_WEIGHTS[0], RECURRENT_WEIGHTS[0], BIASES[0]},
            "has no input gate (it is coupled to the forget gate)",
        ),
        (options.diagonal_recurrent_weights, "has diagonal recurrent weights"),
        (options.activation is not Activation.TANH, f"has {options.activation.value} where an LSTM has tanh"),
    )
    for applies, reason in variants:
        if applies:
            yield Finding(reason=f"{reason}, which is not supported", hint=_PLAIN_HINT)


def _absent(graph: Graph, operator: Operator) -> Iterator[Finding]:
    absent = [str(position) for position in REQUIRED if graph.input_tensor(operator, position) is None]
    if absent:
        yield Finding(reason=f"inputs {', '.join(absent)} are absent", hint=WRITER_HINT)


def _shapes(graph: Graph, operator: Operator) -> Iterator[Finding]:
    source, output = required(graph, operator, SOURCE), graph.output_tensor(operator)
    first_weights = required(graph, operator, INPUT_WEIGHTS[0])
    found = [*of_rank(source, 3, "input"), *of_rank(first_weights, 2, "weights")]
    yield from found
    if found:
        return
    sizes = lstm_sizes(graph, operator)
    for position in INPUT_WEIGHTS:
        yield from of_shape(required(graph, operator, position), (sizes.units, sizes.inputs), "weights")
    for position in RECURRENT_WEIGHTS:
        yield from of_shape(required(graph, operator, position), (sizes.units, sizes.units), "recurrent weights")
    for position in BIASES:
        yield from of_shape(required(graph, operator, position), (sizes.units,), "bias")
    for position in (HIDDEN_STATE, CELL_STATE):
        yield from of_shape(required(graph, operator, position), (sizes.batches, sizes.units), "state")
    yield from of_shape(output, (*source.shape[:2], sizes.units), "output")


def _types(graph: Graph, operator: Operator) -> Iterator[Finding]:
    source = required(graph, operator, SOURCE)
    is_quantized = source.dtype in QUANTIZED
    allowed = (DataType.INT8,) if is_quantized else (DataType.FLOAT32, DataType.INT8)
    for positions in (INPUT_WEIGHTS, RECURRENT_WEIGHTS):
        types = dict.fromkeys(required(graph, operator, position).dtype for position in positions)
        if len(types) > 1 or not types.keys() <= set(allowed):
            named = " and ".join(dtype.value for dtype in types)
            yield Finding(reason=f"weights are {named}, input is {source.dtype.value}", hint=_INT8_LSTM_HINT)
            return
    for position in BIASES:
        bias = required(graph, operator, position)
        if source.dtype is DataType.INT16:
            yield from of_type(bias, DataType.INT64, "bias")
        yield from bias_typed(bias, source)
    yield from of_type(graph.output_tensor(operator), source.dtype, "output")
    yield from of_type(required(graph, operator, HIDDEN_STATE), source.dtype, "hidden state")
    cell_type = DataType.INT16 if is_quantized else source.dtype
    yield from of_type(required(graph, operator, CELL_STATE), cell_type, "cell state")


def _states(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Both states are the operator's own: what is shared would not begin at 0."""
    states = [operator.inputs[position] for position in (HIDDEN_STATE, CELL_STATE)]
    users = [index for user in graph.operators for index in user.inputs if index in states]
    if len(users) != len(states):
        yield Finding(reason="its state is used more than once", hint=WRITER_HINT)


def _values(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Finite constants; scales that fixed-point arithmetic can express."""
    source, output = required(graph, operator, SOURCE), graph.output_tensor(operator)
    hidden, cell = required(graph, operator, HIDDEN_STATE), required(graph, operator, CELL_STATE)
    for position in CONSTANTS:
        yield from finite(required(graph, operator, position), "a constant")
    found: list[Finding] = []
    for position in (*INPUT_WEIGHTS, *RECURRENT_WEIGHTS):
        found += _weights_quantized(required(graph, operator, position))
    if source.dtype not in QUANTIZED:
        yield from found
        return
    found += [
        *quantized_per_tensor(source, "input"),
        *quantized_per_tensor(hidden, "hidden state"),
        *quantized_per_tensor(cell, "cell state"),
        *quantized_per_tensor(output, "output"),
    ]
    yield from found
    if found:
        return
    yield from same_quantization(hidden, output, "the output is what the hidden state was at each step")
    for read, positions in ((source, INPUT_WEIGHTS), (hidden, RECURRENT_WEIGHTS)):
        for position in positions:
            ratio = _scale(read) * _scale(required(graph, operator, position)) / GATE_SCALE
            limit = product_limit(source.dtype)
            yield from multiplier_defined(ratio, "input × weight scale ÷ gate scale", limit=limit)
    yield from multiplier_defined(UNIT_SCALE**2 / _scale(hidden), "gate scale ÷ hidden state's scale", limit=1.0)
    yield from _power_of_two(cell)


def _weights_quantized(weights: Tensor) -> Iterator[Finding]:
    parameters = weights.quantization
    if weights.dtype is DataType.INT8 and parameters is not None and parameters.per_channel:
        yield Finding(
            reason=f"weights have {len(parameters.scales)} scales, those of an LSTM have one",
            hint="Convert the model again; the converter gives the weights of each gate one scale.",
        )
    else:
        yield from weights_quantized(weights, channels=1, axis=0)


def _power_of_two(cell: Tensor) -> Iterator[Finding]:
    scale, (least, greatest) = _scale(cell), _CELL_EXPONENTS
    fraction, exponent = math.frexp(scale)
    if fraction != 0.5:
        yield Finding(reason=f"cell state has scale {scale:g}, must be a power of two", hint=CONVERT_HINT)
    elif not least <= exponent - 1 <= greatest:
        yield Finding(
            reason=f"cell state has scale {scale:g}, supported are 2^{least} to 2^{greatest}", hint=CALIBRATE_HINT
        )


def _scale(tensor: Tensor) -> float:
    return tensor.quantization.scales[0] if tensor.quantization is not None else 0.0
