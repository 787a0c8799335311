"""Steps of random networks that compute element by element, or along one dimension, on one tensor or two."""

from __future__ import annotations

import numpy as np

from profiler.graph.options import AddOptions, LeakyReluOptions, MulOptions, NoOptions, SoftmaxOptions, SubOptions
from tests.support.network_writer import NetworkWriter, scale_of
from tests.support.tflite_builder import TensorSpec, activation_tensor, constant_tensor

_INT16_MAX = 32767
_MOST_BROADCAST = 4  # dimensions
_SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT = 1 / 256, -128
_FIXED_SCALE_INT16 = 1 / 32768  # of SOFTMAX, LOGISTIC, TANH


class ElementwiseSteps(NetworkWriter):
    """One method a step."""

    __slots__ = ()

    def add(self) -> None:
        """ADD of two tensors, of one with itself, or of one with a constant, sometimes one value for all."""
        one = self.value()
        alike = [index for index in self.values if self.is_like(index, one)]
        if self.chance(0.3):
            other = self.constant(self._broadcastable(one), one)
        else:
            other = self.tensors[self.pick(tuple(alike))]
        pair = (one, other) if self.chance(0.5) else (other, one)
        output = self.rescaled(one, one.shape, at_least=max(scale_of(one), scale_of(other)) / 2)
        self.append("ADD", pair, output, AddOptions(activation=self.activation()))

    def multiply_or_subtract(self) -> None:
        """SUB or MUL of two tensors, of one with itself, or with constants, as normalizations are."""
        one = self.value()
        alike = [index for index in self.values if self.is_like(index, one)]
        other = self.tensors[self.pick(tuple(alike))]
        if self.chance(0.6):
            other = self.constant(self._broadcastable(one, one.shape[-1:]), one)
        pair = (one, other) if self.chance(0.7) else (other, one)
        if self.chance(0.5):
            output = self.rescaled(one, one.shape, at_least=max(scale_of(one), scale_of(other)) / 2)
            self.append("SUB", pair, output, SubOptions(activation=self.activation()))
        else:
            most = 2.0**15 if one.dtype == "int16" else 2.0**7  # a product of two like this one is as large as both
            output = self.rescaled(one, one.shape, at_least=scale_of(one) * scale_of(other) * most / 4)
            self.append("MUL", pair, output, MulOptions(activation=self.activation()))

    def extreme(self) -> None:
        """MAXIMUM or MINIMUM of two tensors of one quantization, or with a constant of it."""
        one = self.value()
        alike = [
            self.tensors[index]
            for index in self.values
            if self.is_like(index, one)
            and self.tensors[index].scales == one.scales
            and self.tensors[index].zero_points == one.zero_points
        ]
        other = self.pick(tuple(alike))
        if self.chance(0.6):
            other = self.constant(self._broadcastable(one), one, exactly=True)
        self.append(self.pick(("MAXIMUM", "MINIMUM")), (one, other), self.like(one, one.shape), NoOptions())

    def softmax(self) -> None:
        """SOFTMAX over the last dimension."""
        source = self.value()
        output = _fixed(source, _SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT)
        self.append("SOFTMAX", (source,), output, SoftmaxOptions(beta=self.pick((1.0, 0.7))))

    def curve(self) -> None:
        """LOGISTIC or TANH."""
        source = self.value()
        kind, scale, zero_point = self.pick((("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0)))
        self.append(kind, (source,), _fixed(source, scale, zero_point), NoOptions())

    def bend(self) -> None:
        """LEAKY_RELU, PRELU with alphas for each channel, and where there is no int16 HARD_SWISH or ELU."""
        source = self.value()
        output = self.rescaled(source, source.shape)
        kind = self.pick(("LEAKY_RELU", "PRELU", "HARD_SWISH", "ELU"))
        if kind == "PRELU":
            self.append(kind, (source, self._alphas(source)), output, NoOptions())
        elif kind == "LEAKY_RELU" or source.dtype == "int16":
            self.append("LEAKY_RELU", (source,), output, LeakyReluOptions(alpha=self.pick((0.01, 0.3, 1.2))))
        else:
            self.append(kind, (source,), output, NoOptions())

    def _alphas(self, source: TensorSpec) -> TensorSpec:
        shape = source.shape[-1:] if len(source.shape) <= _MOST_BROADCAST else source.shape
        if source.dtype == "float32":
            return self.placed(constant_tensor(self.random.uniform(-0.2, 1, shape).astype(np.float32)))
        return self.placed(constant_tensor(self.random.integers(-128, 128, shape, dtype=np.int8), 0.004, 17))

    def _broadcastable(self, one: TensorSpec, *others: tuple[int, ...]) -> tuple[int, ...]:
        """The tensor's shape, one value, or another of these shapes."""
        shape = self.pick((one.shape, (1,) * len(one.shape), *others))
        return shape if len(one.shape) <= _MOST_BROADCAST else one.shape

    def relu(self) -> None:
        """RELU with another quantization, RELU6 with the same."""
        source = self.value()
        six_is_no_int16 = source.dtype == "int16" and 6 / scale_of(source) > _INT16_MAX  # TFLM clamps to 6 in int16
        if self.chance(0.5) or six_is_no_int16:
            self.append("RELU", (source,), self.rescaled(source, source.shape), NoOptions())
        else:
            self.append("RELU6", (source,), self.like(source, source.shape), NoOptions())

    def change_type(self) -> None:
        """QUANTIZE (from float32, with another scale, between int8 and int16), DEQUANTIZE to float32."""
        source = self.value()
        if source.dtype != "float32" and self.chance(0.5):
            self.append("DEQUANTIZE", (source,), activation_tensor(source.shape, dtype="float32"), NoOptions())
            return
        dtype = self.integer
        if dtype == "int16" and source.dtype != "float32":  # a network of int16 has parts in int8
            dtype = self.pick(("int8", "int16") if source.dtype == "int16" else ("int16",))
        self.append("QUANTIZE", (source,), self.quantized(source.shape, dtype), NoOptions())


def _fixed(source: TensorSpec, scale: float, zero_point: int) -> TensorSpec:
    """The output of a function whose quantization is always the same."""
    if source.dtype == "int16":
        return activation_tensor(source.shape, _FIXED_SCALE_INT16, dtype="int16")
    quantized = (scale, zero_point) if source.dtype == "int8" else ()
    return activation_tensor(source.shape, *quantized, dtype=source.dtype)
