"""Writes a network operator by operator, every number of it drawn from one random generator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from profiler.graph.options import Activation, Options, ReshapeOptions
from tests.support.tflite_builder import OperatorSpec, TensorSpec, activation_tensor, constant_tensor

_T = TypeVar("_T")
MOST_VALUES = 3000  # of a tensor


@dataclass(slots=True, kw_only=True)
class NetworkWriter:
    """Tensors and operators so far; `values` are the tensors that are computed or given, in order.

    Quantized activations are of type `integer`: int8, or int16 as in int16x8 (weights int8, bias int64).
    """

    random: np.random.Generator
    integer: str = "int8"
    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)
    values: list[int] = field(default_factory=list)

    def accumulate(
        self,
        kind: str,
        source: TensorSpec,
        weights_shape: tuple[int, ...],
        axis: int,
        output_shape: tuple[int, ...],
        options: Options,
    ) -> None:
        """One operator with weights and, mostly, a bias."""
        if min(output_shape) < 1 or int(np.prod(output_shape)) > MOST_VALUES:
            return
        channels = weights_shape[axis]
        terms = int(np.prod(weights_shape)) // channels
        if source.dtype == "float32":
            weights = constant_tensor(self.random.normal(0, terms**-0.5, weights_shape).astype(np.float32))
            bias = constant_tensor(self.random.normal(size=channels).astype(np.float32))
            output = activation_tensor(output_shape, dtype="float32")
        else:
            scales = self.random.uniform(0.002, 0.02, channels if self.chance(0.7) else 1).astype(np.float32)
            products = np.float32(scale_of(source)) * scales
            weights = constant_tensor(
                self.random.integers(-127, 128, weights_shape, dtype=np.int8), scales.tolist(), axis=axis
            )
            largest, bias_type = (3000, np.int32) if source.dtype == "int8" else (768_000, np.int64)
            bias = constant_tensor(
                self.random.integers(-largest, largest, channels).astype(bias_type), products.tolist(), axis=0
            )
            scale = float(products.max() * np.sqrt(terms) * self.pick((15.0, 60.0)))
            output = self.integers_of(source.dtype, output_shape, scale)
        operands = (source, self.placed(weights), self.placed(bias))
        if kind == "TRANSPOSE_CONV":
            operands = (self.integers(output_shape), operands[1], source, operands[2])  # type: ignore[assignment]
        self.append(kind, operands if self.chance(0.85) else operands[:-1], output, options)

    def append(
        self, kind: str, inputs: tuple[TensorSpec, ...], output: TensorSpec, options: Options, *others: TensorSpec
    ) -> TensorSpec:
        """One operator; its first output, `others` are those behind it."""
        positions = {id(spec): index for index, spec in enumerate(self.tensors)}
        self.operators.append(
            OperatorSpec(
                kind=kind,
                inputs=tuple(positions[id(spec)] for spec in inputs),
                outputs=tuple(self.computed(spec) for spec in (output, *others)),
                options=options,
            )
        )
        return output

    def computed(self, spec: TensorSpec) -> int:
        self.placed(spec)
        self.values.append(len(self.tensors) - 1)
        return self.values[-1]

    def placed(self, spec: TensorSpec) -> TensorSpec:
        self.tensors.append(spec)
        return spec

    def value(self) -> TensorSpec:
        """A tensor to go on with: mostly the last one, sometimes any."""
        index = self.values[-1] if self.chance(0.6) else self.pick(tuple(self.values))
        return self.tensors[index]

    def four_dimensional(self) -> TensorSpec:
        """A tensor with four dimensions, by a RESHAPE when the one picked has fewer."""
        source = self.value()
        if len(source.shape) == 4:
            return source
        shape = (1, 1, source.shape[0], int(np.prod(source.shape[1:])))
        target = self.integers(shape)
        return self.append("RESHAPE", (source, target), self.like(source, shape), ReshapeOptions(new_shape=shape))

    def like(self, spec: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
        return TensorSpec(shape=shape, dtype=spec.dtype, scales=spec.scales, zero_points=spec.zero_points)

    def is_like(self, index: int, spec: TensorSpec) -> bool:
        other = self.tensors[index]
        return other.shape == spec.shape and other.dtype == spec.dtype

    def rescaled(self, spec: TensorSpec, shape: tuple[int, ...], *, at_least: float = 0.0) -> TensorSpec:
        """A tensor of that shape, of a scale (and, int8, a zero point) of its own when it is quantized."""
        if spec.dtype == "float32":
            return activation_tensor(shape, dtype="float32")
        scale = max(scale_of(spec) * float(self.random.uniform(0.5, 2.0)), at_least)
        return self.integers_of(spec.dtype, shape, scale)

    def quantized(self, shape: tuple[int, ...], dtype: str | None = None) -> TensorSpec:
        """A tensor of the network's integer type, or of another, with any scale."""
        dtype = dtype or self.integer
        step = 1.0 if dtype == "int8" else 1 / 256  # so that int16 spans the same range of values
        return self.integers_of(dtype, shape, float(self.random.uniform(0.01, 0.2)) * step)

    def integers_of(self, dtype: str, shape: tuple[int, ...], scale: float) -> TensorSpec:
        """A quantized tensor; int16 is symmetric, its zero point 0."""
        zero_point = self.zero_point() if dtype == "int8" else 0
        return activation_tensor(shape, float(np.float32(scale)), zero_point, dtype=dtype)

    def constant(self, shape: tuple[int, ...], like: TensorSpec, *, exactly: bool = False) -> TensorSpec:
        """A constant of `like`'s type, and on request of its quantization."""
        if like.dtype == "float32":
            return self.placed(constant_tensor(self.random.normal(size=shape).astype(np.float32)))
        scale = scale_of(like) if exactly else float(np.float32(scale_of(like) * 0.7))
        if like.dtype == "int16":
            return self.placed(constant_tensor(self.random.integers(-32767, 32768, shape, dtype=np.int16), scale))
        values = self.random.integers(-128, 128, shape, dtype=np.int8)
        return self.placed(constant_tensor(values, scale, like.zero_points[0] if exactly else self.zero_point()))

    def integers(self, values: object) -> TensorSpec:
        return self.placed(constant_tensor(np.asarray(values, dtype=np.int32)))

    def zero_point(self) -> int:
        return int(self.pick((-128, -3, 0, 5, 127)))

    def activation(self) -> Activation:
        return self.pick((Activation.NONE, Activation.RELU, Activation.RELU6))

    def chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def pick(self, choices: tuple[_T, ...]) -> _T:
        return choices[int(self.random.integers(len(choices)))]


def scale_of(spec: TensorSpec) -> float:
    """The tensor's scale, 0 when it is not quantized."""
    return spec.scales[0] if spec.scales else 0.0
