"""Random networks: LSTM layers."""

from __future__ import annotations

import numpy as np

from profiler.graph.options import ReshapeOptions, SequenceLstmOptions
from tests.support.network_writer import MOST_VALUES, NetworkWriter, scale_of
from tests.support.sequence_lstm import lstm_inputs, variable
from tests.support.tflite_builder import OperatorSpec, TensorSpec, constant_tensor

_UNITS = (1, 2, 3, 5, 8, 16)
_MOST_WEIGHTS = 5000  # of a gate
_CELL_EXPONENTS = (-15, -12, -11, -9)


class RecurrentSteps(NetworkWriter):
    """One method a step."""

    __slots__ = ()

    def recur(self) -> None:
        """UNIDIRECTIONAL_SEQUENCE_LSTM over the last but one dimension, or over the one before."""
        source = self._three_dimensional()
        first, second, inputs = source.shape
        units, time_major = self.pick(_UNITS), self.chance(0.3)
        batches = second if time_major else first
        if units * (inputs + units) > _MOST_WEIGHTS or first * second * units > MOST_VALUES:
            return
        shapes = [(units, inputs)] * 4 + [(units, units)] * 4
        hidden, cell = self._states(source, (batches, units))
        output = TensorSpec(
            shape=(first, second, units), dtype=source.dtype, scales=hidden.scales, zero_points=hidden.zero_points
        )
        weights = [self.placed(self._weights(source, shape)) for shape in shapes]
        biases = [self.placed(self._bias(source, each)) for each in weights[:4]]
        operands = lstm_inputs(source, weights, biases, self.placed(hidden), self.placed(cell))
        positions = {id(spec): index for index, spec in enumerate(self.tensors)}
        self.operators.append(
            OperatorSpec(
                kind="UNIDIRECTIONAL_SEQUENCE_LSTM",
                inputs=tuple(-1 if spec is None else positions[id(spec)] for spec in operands),
                outputs=(self.computed(output),),
                options=SequenceLstmOptions(cell_clip=self.pick((0.0, 10.0)), time_major=time_major),
            )
        )

    def _three_dimensional(self) -> TensorSpec:
        """A tensor with three dimensions, by a RESHAPE when the one picked has others."""
        source = self.value()
        if len(source.shape) == 3:
            return source
        shape = (1, int(np.prod(source.shape[:-1])), source.shape[-1])
        target = self.integers(shape)
        return self.append("RESHAPE", (source, target), self.like(source, shape), ReshapeOptions(new_shape=shape))

    def _states(self, source: TensorSpec, shape: tuple[int, int]) -> tuple[TensorSpec, TensorSpec]:
        if source.dtype == "float32":
            return variable(shape, "float32"), variable(shape, "float32")
        step = 1 if source.dtype == "int8" else 256
        scale = float(np.float32(self.random.uniform(0.003, 0.01) / step))
        zero_point = self.zero_point() if source.dtype == "int8" else 0
        cell = variable(shape, "int16", 2.0 ** self.pick(_CELL_EXPONENTS))
        return variable(shape, source.dtype, scale, zero_point), cell

    def _weights(self, source: TensorSpec, shape: tuple[int, int]) -> TensorSpec:
        if source.dtype == "float32":
            return constant_tensor(self.random.normal(0, shape[1] ** -0.5, shape).astype(np.float32))
        values = self.random.integers(-127, 128, shape, dtype=np.int8)
        return constant_tensor(values, float(self.random.uniform(0.002, 0.02)))

    def _bias(self, source: TensorSpec, weights: TensorSpec) -> TensorSpec:
        if source.dtype == "float32":
            return constant_tensor(self.random.normal(size=weights.shape[0]).astype(np.float32))
        scale = float(np.float32(scale_of(source)) * np.float32(scale_of(weights)))
        values = np.rint(self.random.normal(size=weights.shape[0]) / scale)
        return constant_tensor(values.astype(np.int32 if source.dtype == "int8" else np.int64), scale)
