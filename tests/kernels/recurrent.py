"""Strategy for UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from profiler.graph.options import SequenceLstmOptions
from tests.kernels.operators import OperatorCase
from tests.kernels.quantities import channels, scales, seeds, tensor, zero_points
from tests.support.sequence_lstm import lstm_inputs, variable
from tests.support.tflite_builder import TensorSpec, constant_tensor

_STEPS = st.sampled_from([1, 2, 3, 5, 9])
_CLIPS = st.sampled_from([0.0, 10.0, 10.0, 1.5, 0.01, float("inf")])
_WIDE = 600  # inputs whose products with int16 do not fit 32 bits
_GATE_RANGE = 8.0  # of what goes into a gate


@st.composite
def sequence_lstm(draw: st.DrawFn, dtype: str) -> OperatorCase:
    """Any sizes, steps first or batches first; gates from those that hardly move to those that saturate."""
    units, inputs = draw(channels), draw(st.one_of(channels, st.just(_WIDE)))
    batches, steps = draw(st.sampled_from([1, 1, 2, 3])), draw(_STEPS)
    options = SequenceLstmOptions(cell_clip=draw(_CLIPS), time_major=draw(st.booleans()))
    leading = (steps, batches) if options.time_major else (batches, steps)
    rng = np.random.default_rng(draw(seeds))
    shape, state = (*leading, inputs), (batches, units)
    if dtype == "float32":
        source, hidden, cell = tensor(shape, dtype), variable(state, dtype), variable(state, dtype)
        weights = [_real(rng, (units, inputs), inputs**-0.5) for _ in range(4)]
        weights += [_real(rng, (units, units), units**-0.5) for _ in range(4)]
        biases = [_real(rng, (units,), 1.0) for _ in range(4)]
    else:
        step = 1 if dtype == "int8" else 256  # int16 values are that much larger
        source = tensor(shape, dtype, draw(scales(0.001 / step, 0.5 / step)), draw(zero_points(dtype)))
        hidden = variable(state, dtype, draw(scales(0.0005 / step, 0.02 / step)), draw(zero_points(dtype)))
        cell = variable(state, "int16", 2.0 ** draw(st.integers(-18, -6)))
        weights = [_int8(rng, (units, inputs)) for _ in range(4)] + [_int8(rng, (units, units)) for _ in range(4)]
        biases = [_bias(rng, source, spec) for spec in weights[:4]]
    return OperatorCase(
        kind="UNIDIRECTIONAL_SEQUENCE_LSTM",
        options=options,
        inputs=lstm_inputs(source, weights, biases, hidden, cell),
        output=TensorSpec(
            shape=(*leading, units), dtype=dtype, scales=hidden.scales, zero_points=hidden.zero_points, name="output"
        ),
    )


def _real(rng: np.random.Generator, shape: tuple[int, ...], deviation: float) -> TensorSpec:
    return constant_tensor((rng.normal(size=shape) * deviation).astype(np.float32))


def _int8(rng: np.random.Generator, shape: tuple[int, ...]) -> TensorSpec:
    extreme = rng.random() < 0.2
    values = rng.choice([-128, -127, 127], shape) if extreme else rng.integers(-128, 127, shape, endpoint=True)
    scale = float(np.float32(np.exp(rng.uniform(np.log(0.0005), np.log(0.05)))))
    return constant_tensor(values.astype(np.int8), scale)


def _bias(rng: np.random.Generator, source: TensorSpec, weights: TensorSpec) -> TensorSpec:
    """int32, and int64 for int16, at the scale of the products."""
    scale = float(np.float32(source.scales[0]) * np.float32(weights.scales[0]))
    reals = rng.uniform(-_GATE_RANGE, _GATE_RANGE, weights.shape[0])
    return constant_tensor(np.rint(reals / scale).astype(np.int32 if source.dtype == "int8" else np.int64), scale)
