"""LSTM layers of Keras 3 as functions that TensorFlow's converter knows. Only for the child process.

The converter makes UNIDIRECTIONAL_SEQUENCE_LSTM of a function whose attributes say that it is Keras's LSTM, whose
arguments are those below and of which the last output or all outputs are used. Keras 2 wrote its layers so; Keras 3
writes a loop, which no microcontroller's runtime takes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

_GATES = 4


@contextlib.contextmanager
def lstm_functions() -> Iterator[list[str]]:
    """Within it, calls of plain LSTM layers become such functions; the list has the names of these layers so far.

    A layer with a mask, an initial state, other activations, backwards or unrolled stays as Keras writes it.
    """
    import keras

    named: list[str] = []
    original = keras.layers.LSTM.inner_loop

    def inner_loop(self: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        if not _is_plain(self, sequences, initial_state, mask):
            return original(self, sequences, initial_state, mask, training)
        named.append(self.name)
        return _as_function(self, sequences, initial_state, f"lstm_{len(named)}")

    keras.layers.LSTM.inner_loop = inner_loop
    try:
        yield named
    finally:
        keras.layers.LSTM.inner_loop = original


def _is_plain(layer: Any, sequences: Any, initial_state: Sequence[Any], mask: Any) -> bool:
    import keras

    return (
        type(layer) is keras.layers.LSTM
        and mask is None
        and layer.activation is keras.activations.tanh
        and layer.recurrent_activation is keras.activations.sigmoid
        and not (layer.go_backwards or layer.unroll or layer.stateful)
        and layer.compute_dtype == "float32"
        and None not in sequences.shape
        and all(map(_is_zero, initial_state))
    )


def _is_zero(state: Any) -> bool:
    import tensorflow as tf

    value = tf.get_static_value(state)
    return value is not None and not value.any()


def _as_function(layer: Any, sequences: Any, initial_state: Sequence[Any], name: str) -> Any:
    """What `inner_loop` returns: the last output, all outputs, the states."""
    import tensorflow as tf

    attributes = {"api_implements": name, "api_preferred_device": "CPU", "time_major": False, "go_backwards": False}
    function = tf.function(_lstm, autograph=False, experimental_attributes=attributes)
    cell = layer.cell
    bias = tf.zeros(_GATES * layer.units) if cell.bias is None else tf.convert_to_tensor(cell.bias)
    weights = (tf.convert_to_tensor(cell.kernel), tf.convert_to_tensor(cell.recurrent_kernel), bias)
    last, outputs, hidden, state, _ = function(sequences, *initial_state, *weights)
    return last, outputs, [hidden, state]


def _lstm(inputs: Any, hidden: Any, state: Any, kernel: Any, recurrent_kernel: Any, bias: Any) -> Any:
    """Arguments and results as the converter expects them; this body stays where the states are used too."""
    import tensorflow as tf

    outputs = []
    for values in tf.unstack(inputs, axis=1):
        sums = tf.nn.bias_add(tf.matmul(values, kernel) + tf.matmul(hidden, recurrent_kernel), bias)
        add, keep, candidate, give = tf.split(sums, _GATES, axis=1)
        state = tf.sigmoid(keep) * state + tf.sigmoid(add) * tf.tanh(candidate)
        hidden = tf.sigmoid(give) * tf.tanh(state)
        outputs.append(hidden)
    device = tf.constant(0.0)  # which of Keras 2's implementations ran
    return hidden, tf.stack(outputs, axis=1), hidden, state, device
