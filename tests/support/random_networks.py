"""Random small networks of every operator: what a planner and kernels meet only together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from profiler.graph.options import (
    Activation,
    AddOptions,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    NoOptions,
    Options,
    Padding,
    Pool2DOptions,
    ReduceOptions,
    ReshapeOptions,
    SoftmaxOptions,
)
from profiler.graph.window import window_output_size
from tests.support.tflite_builder import OperatorSpec, TensorSpec, activation_tensor, build_model, constant_tensor

_T = TypeVar("_T")

_CHANNELS = (1, 2, 3, 4, 5, 7, 8, 12, 16, 17)
_SIDES = (1, 2, 3, 4, 5, 6, 8, 9)
_MOST_VALUES = 3000  # of a tensor
_MOST_WEIGHTS = 20_000
_SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT = 1 / 256, -128


def random_network(seed: int) -> bytes:
    """A valid `.tflite` of 3 to 10 operators: the same seed, the same network.

    Operators take any earlier tensor, so values branch, join, live long and are used twice; some are model outputs
    though others go on with them, and now and then a model input is an output too.
    """
    return _Writer(random=np.random.default_rng(seed)).network()


@dataclass(slots=True, kw_only=True)
class _Writer:
    random: np.random.Generator
    tensors: list[TensorSpec] = field(default_factory=list)
    operators: list[OperatorSpec] = field(default_factory=list)
    values: list[int] = field(default_factory=list)  # tensors that are computed or given, in order

    def network(self) -> bytes:
        inputs = [self._input() for _ in range(self._pick((1, 1, 1, 2, 3)))]
        for _ in range(self.random.integers(3, 11)):
            self._pick(_STEPS)(self)
        used = {index for operator in self.operators for index in operator.inputs}
        outputs = [index for index in self.values if index not in used]
        outputs += [index for index in self.values if index in used and self._chance(0.1)]
        self.random.shuffle(outputs)
        return build_model(tensors=self.tensors, operators=self.operators, inputs=inputs, outputs=outputs)

    def convolution(self) -> None:
        """CONV_2D: odd channels, strides above the filter's size, dilation, with and without bias."""
        source = self._four_dimensional()
        batches, height, width, depth = source.shape
        outputs, (filter_h, filter_w) = self._pick((*_CHANNELS, depth, depth)), self._filter()
        padding, strides, dilations = self._window(height, width, filter_h, filter_w)
        options = Conv2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            dilation_h=dilations[0],
            dilation_w=dilations[1],
            activation=self._activation(),
        )
        shape = (batches, *_sizes(source.shape, (filter_h, filter_w), padding, strides, dilations), outputs)
        self._accumulate("CONV_2D", source, (outputs, filter_h, filter_w, depth), 0, shape, options)

    def depthwise(self) -> None:
        """DEPTHWISE_CONV_2D with depth multipliers."""
        source = self._four_dimensional()
        batches, height, width, depth = source.shape
        multiplier, (filter_h, filter_w) = self._pick((1, 1, 1, 2, 3)), self._filter()
        padding, strides, dilations = self._window(height, width, filter_h, filter_w)
        options = DepthwiseConv2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            depth_multiplier=multiplier,
            dilation_h=dilations[0],
            dilation_w=dilations[1],
            activation=self._activation(),
        )
        outputs = depth * multiplier
        shape = (batches, *_sizes(source.shape, (filter_h, filter_w), padding, strides, dilations), outputs)
        self._accumulate("DEPTHWISE_CONV_2D", source, (1, filter_h, filter_w, outputs), 3, shape, options)

    def fully_connected(self) -> None:
        """FULLY_CONNECTED of any rank, as TFLite flattens it."""
        source = self._value()
        depth = source.shape[-1]
        outputs = self._pick((*_CHANNELS, depth))
        options = FullyConnectedOptions(activation=self._activation())
        rows = int(np.prod(source.shape[:-1]))
        if outputs * depth > _MOST_WEIGHTS:
            return
        self._accumulate("FULLY_CONNECTED", source, (outputs, depth), 0, (rows, outputs), options)

    def pool(self) -> None:
        """AVERAGE_POOL_2D or MAX_POOL_2D."""
        source = self._four_dimensional()
        filter_h, filter_w = (min(side, size) for side, size in zip(self._filter(), source.shape[1:3], strict=True))
        padding, strides = self._pick(tuple(Padding)), (self._pick((1, 2, 3)), self._pick((1, 2, 3)))
        options = Pool2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            filter_h=filter_h,
            filter_w=filter_w,
            activation=self._activation(),
        )
        shape = (source.shape[0], *_sizes(source.shape, (filter_h, filter_w), padding, strides, (1, 1)))
        kind = self._pick(("AVERAGE_POOL_2D", "MAX_POOL_2D"))
        self._append(kind, (source,), self._like(source, (*shape, source.shape[3])), options)

    def add(self) -> None:
        """ADD of two tensors, of one with itself, or of one with a constant, sometimes one value for all."""
        one = self._value()
        alike = [index for index in self.values if self._is_like(index, one)]
        if self._chance(0.3):
            shape = self._pick((one.shape, (1,) * len(one.shape)))
            other = self._constant(shape, one)
        else:
            other = self.tensors[self._pick(tuple(alike))]
        pair = (one, other) if self._chance(0.5) else (other, one)
        output = self._rescaled(one, one.shape, at_least=max(_scale(one), _scale(other)) / 2)
        self._append("ADD", pair, output, AddOptions(activation=self._activation()))

    def mean(self) -> None:
        """MEAN over height and width, or over the last dimension."""
        source = self._value()
        axes = (1, 2) if len(source.shape) == 4 and self._chance(0.8) else (len(source.shape) - 1,)
        keep = self._chance(0.5)
        shape = [1 if axis in axes else size for axis, size in enumerate(source.shape)]
        if not keep:
            shape = [size for axis, size in enumerate(source.shape) if axis not in axes]
        if not shape:
            return
        options = ReduceOptions(keep_dims=keep)
        self._append("MEAN", (source, self._integers(axes)), self._rescaled(source, tuple(shape)), options)

    def pad_and_convolve(self) -> None:
        """PAD by different amounts on each side, then often a convolution, as converters write strided ones."""
        source = self._four_dimensional()
        amounts = np.array([[0, 0], *self.random.integers(0, 3, (2, 2)).tolist(), [0, self._pick((0, 0, 1))]])
        shape = tuple(int(size) for size in np.asarray(source.shape) + amounts.sum(axis=1))
        if int(np.prod(shape)) > _MOST_VALUES:
            return
        self._append("PAD", (source, self._integers(amounts)), self._like(source, shape), NoOptions())
        if self._chance(0.7):
            self.convolution()

    def reshape(self) -> None:
        """One or two RESHAPEs, to 4-D shapes too."""
        source = self._value()
        for _ in range(self._pick((1, 1, 2))):
            count = int(np.prod(source.shape))
            side = self._pick(tuple(d for d in range(1, 10) if count % d == 0))
            shape = self._pick(((1, count), (side, count // side), (1, side, 1, count // side), (1, 1, side, -1)))
            shape = tuple(count // side if size == -1 else size for size in shape)
            target = self._integers(shape)
            source = self._append(
                "RESHAPE", (source, target), self._like(source, shape), ReshapeOptions(new_shape=shape)
            )

    def softmax(self) -> None:
        """SOFTMAX over the last dimension."""
        source = self._value()
        output = activation_tensor(source.shape, dtype=source.dtype)
        if source.dtype == "int8":
            output = activation_tensor(source.shape, _SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT)
        self._append("SOFTMAX", (source,), output, SoftmaxOptions(beta=self._pick((1.0, 0.7))))

    def relu(self) -> None:
        """RELU with another quantization, RELU6 with the same."""
        source = self._value()
        if self._chance(0.5):
            self._append("RELU", (source,), self._rescaled(source, source.shape), NoOptions())
        else:
            self._append("RELU6", (source,), self._like(source, source.shape), NoOptions())

    def change_type(self) -> None:
        """QUANTIZE to int8 (from float32, or with another scale), DEQUANTIZE to float32."""
        source = self._value()
        if source.dtype == "int8" and self._chance(0.5):
            self._append("DEQUANTIZE", (source,), activation_tensor(source.shape, dtype="float32"), NoOptions())
        else:
            self._append("QUANTIZE", (source,), self._quantized(source.shape), NoOptions())

    def _input(self) -> int:
        batches = self._pick((1, 1, 1, 2))
        shape = (batches, self._pick(_SIDES), self._pick(_SIDES), self._pick(_CHANNELS))
        if self._chance(0.15):
            shape = (batches, self._pick((5, 12, 16, 33)))  # type: ignore[assignment]
        spec = activation_tensor(shape, dtype="float32") if self._chance(0.25) else self._quantized(shape)
        return self._computed(spec)

    def _accumulate(
        self,
        kind: str,
        source: TensorSpec,
        weights_shape: tuple[int, ...],
        axis: int,
        output_shape: tuple[int, ...],
        options: Options,
    ) -> None:
        """One operator with weights and, mostly, a bias."""
        if min(output_shape) < 1 or int(np.prod(output_shape)) > _MOST_VALUES:
            return
        channels = weights_shape[axis]
        terms = int(np.prod(weights_shape)) // channels
        if source.dtype == "float32":
            weights = constant_tensor(self.random.normal(0, terms**-0.5, weights_shape).astype(np.float32))
            bias = constant_tensor(self.random.normal(size=channels).astype(np.float32))
            output = activation_tensor(output_shape, dtype="float32")
        else:
            scales = self.random.uniform(0.002, 0.02, channels if self._chance(0.7) else 1).astype(np.float32)
            products = np.float32(_scale(source)) * scales
            weights = constant_tensor(
                self.random.integers(-127, 128, weights_shape, dtype=np.int8), scales.tolist(), axis=axis
            )
            bias = constant_tensor(
                self.random.integers(-3000, 3000, channels).astype(np.int32), products.tolist(), axis=0
            )
            scale = float(products.max() * np.sqrt(terms) * self._pick((15.0, 60.0)))
            output = activation_tensor(output_shape, float(np.float32(scale)), self._zero_point())
        operands = (source, self._placed(weights), self._placed(bias))
        self._append(kind, operands if self._chance(0.85) else operands[:2], output, options)

    def _append(self, kind: str, inputs: tuple[TensorSpec, ...], output: TensorSpec, options: Options) -> TensorSpec:
        positions = {id(spec): index for index, spec in enumerate(self.tensors)}
        computed = self._computed(output)
        self.operators.append(
            OperatorSpec(
                kind=kind,
                inputs=tuple(positions[id(spec)] for spec in inputs),
                outputs=(computed,),
                options=options,
            )
        )
        return output

    def _computed(self, spec: TensorSpec) -> int:
        self._placed(spec)
        self.values.append(len(self.tensors) - 1)
        return self.values[-1]

    def _placed(self, spec: TensorSpec) -> TensorSpec:
        self.tensors.append(spec)
        return spec

    def _value(self) -> TensorSpec:
        """A tensor to go on with: mostly the last one, sometimes any."""
        index = self.values[-1] if self._chance(0.6) else self._pick(tuple(self.values))
        return self.tensors[index]

    def _four_dimensional(self) -> TensorSpec:
        """A tensor with four dimensions, by a RESHAPE when the one picked has fewer."""
        source = self._value()
        if len(source.shape) == 4:
            return source
        shape = (1, 1, source.shape[0], int(np.prod(source.shape[1:])))
        target = self._integers(shape)
        return self._append("RESHAPE", (source, target), self._like(source, shape), ReshapeOptions(new_shape=shape))

    def _window(
        self, height: int, width: int, filter_h: int, filter_w: int
    ) -> tuple[Padding, tuple[int, int], tuple[int, int]]:
        """Padding, strides and dilations; VALID only where a window fits."""
        strides = (self._pick((1, 1, 2, 3, 4)), self._pick((1, 1, 2, 3)))
        dilations = (self._pick((1, 1, 1, 2)), self._pick((1, 1, 1, 2)))
        fits = (filter_h - 1) * dilations[0] < height and (filter_w - 1) * dilations[1] < width
        return (self._pick(tuple(Padding)) if fits else Padding.SAME), strides, dilations

    def _filter(self) -> tuple[int, int]:
        return self._pick(((1, 1), (1, 1), (3, 3), (3, 3), (2, 2), (1, 3), (3, 1), (5, 4)))

    def _like(self, spec: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
        return TensorSpec(shape=shape, dtype=spec.dtype, scales=spec.scales, zero_points=spec.zero_points)

    def _is_like(self, index: int, spec: TensorSpec) -> bool:
        other = self.tensors[index]
        return other.shape == spec.shape and other.dtype == spec.dtype

    def _rescaled(self, spec: TensorSpec, shape: tuple[int, ...], *, at_least: float = 0.0) -> TensorSpec:
        """A tensor of that shape, of a scale and zero point of its own when it is int8."""
        if spec.dtype == "float32":
            return activation_tensor(shape, dtype="float32")
        scale = max(_scale(spec) * float(self.random.uniform(0.5, 2.0)), at_least)
        return activation_tensor(shape, float(np.float32(scale)), self._zero_point())

    def _quantized(self, shape: tuple[int, ...]) -> TensorSpec:
        return activation_tensor(shape, float(np.float32(self.random.uniform(0.01, 0.2))), self._zero_point())

    def _constant(self, shape: tuple[int, ...], like: TensorSpec) -> TensorSpec:
        if like.dtype == "float32":
            return self._placed(constant_tensor(self.random.normal(size=shape).astype(np.float32)))
        values = self.random.integers(-128, 128, shape, dtype=np.int8)
        return self._placed(constant_tensor(values, float(np.float32(_scale(like) * 0.7)), self._zero_point()))

    def _integers(self, values: object) -> TensorSpec:
        return self._placed(constant_tensor(np.asarray(values, dtype=np.int32)))

    def _zero_point(self) -> int:
        return int(self._pick((-128, -3, 0, 5, 127)))

    def _activation(self) -> Activation:
        return self._pick((Activation.NONE, Activation.RELU, Activation.RELU6))

    def _chance(self, probability: float) -> bool:
        return bool(self.random.random() < probability)

    def _pick(self, choices: tuple[_T, ...]) -> _T:
        return choices[int(self.random.integers(len(choices)))]


def _scale(spec: TensorSpec) -> float:
    return spec.scales[0] if spec.scales else 0.0


def _sizes(
    shape: tuple[int, ...],
    filter_size: tuple[int, int],
    padding: Padding,
    strides: tuple[int, int],
    dilations: tuple[int, int],
) -> tuple[int, int]:
    """Output height and width."""
    height, width = (
        window_output_size(padding, shape[1 + axis], filter_size[axis], strides[axis], dilations[axis])
        for axis in (0, 1)
    )
    return height, width


_STEPS: tuple[Callable[[_Writer], object], ...] = (
    _Writer.convolution,
    _Writer.convolution,
    _Writer.depthwise,
    _Writer.depthwise,
    _Writer.fully_connected,
    _Writer.pool,
    _Writer.add,
    _Writer.add,
    _Writer.mean,
    _Writer.pad_and_convolve,
    _Writer.reshape,
    _Writer.softmax,
    _Writer.relu,
    _Writer.change_type,
)
