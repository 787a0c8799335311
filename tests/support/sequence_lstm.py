"""The 24 inputs of a UNIDIRECTIONAL_SEQUENCE_LSTM, of which Keras's has 15."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.support.tflite_builder import TensorSpec, activation_tensor


def lstm_inputs(
    source: TensorSpec,
    weights: Sequence[TensorSpec],
    biases: Sequence[TensorSpec],
    hidden: TensorSpec,
    cell: TensorSpec,
) -> tuple[TensorSpec | None, ...]:
    """`weights` are those for the values, then for the hidden state, each of input, forget, cell and output gate, as
    are `biases`."""
    no = (None,)
    return (source, *weights, *(no * 3), *biases, *(no * 2), hidden, cell, *(no * 4))


def variable(shape: tuple[int, ...], dtype: str, scale: float = 0.0, zero_point: int = 0) -> TensorSpec:
    """State; without a scale when it is float32."""
    return replace(activation_tensor(shape, scale, zero_point, dtype=dtype), is_variable=True)
