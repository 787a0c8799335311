"""Random small networks of every operator: what a planner and kernels meet only together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from profiler.graph.options import (
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    NoOptions,
    Padding,
    Pool2DOptions,
    ReduceOptions,
    ReshapeOptions,
    ResizeNearestNeighborOptions,
    SqueezeOptions,
    StridedSliceOptions,
    TransposeConvOptions,
)
from profiler.graph.window import window_output_size
from tests.support.elementwise_steps import ElementwiseSteps
from tests.support.network_writer import MOST_VALUES
from tests.support.part_steps import PartSteps
from tests.support.recurrent_steps import RecurrentSteps
from tests.support.tflite_builder import activation_tensor, build_model

_CHANNELS = (1, 2, 3, 4, 5, 7, 8, 12, 16, 17)
_SIDES = (1, 2, 3, 4, 5, 6, 8, 9)
_MOST_DIMENSIONS = 5
_MOST_SLICED = 4  # dimensions of a STRIDED_SLICE
_MOST_WEIGHTS = 20_000


def random_network(seed: int, integer: str = "int8", *, steps: Steps | None = None) -> bytes:
    """A valid `.tflite` of 3 to 10 operators: the same seed, integer type and steps (EVERY_STEP), the same network.

    Operators take any earlier tensor, so values branch, join, live long and are used twice; some are model outputs
    though others go on with them, and now and then a model input is an output too.
    """
    return RandomNetwork(random=np.random.default_rng(seed), integer=integer).network(steps or EVERY_STEP)


class RandomNetwork(ElementwiseSteps, PartSteps, RecurrentSteps):
    """What operators may follow each other: one method a step."""

    __slots__ = ()

    def network(self, steps: Steps) -> bytes:
        """The model file after a few of these steps."""
        inputs = [self._input() for _ in range(self.pick((1, 1, 1, 2, 3)))]
        for _ in range(self.random.integers(3, 11)):
            self.pick(steps)(self)
        while not self.operators:  # some steps leave out what would become too large
            self.pick(steps)(self)
        used = {index for operator in self.operators for index in operator.inputs}
        outputs = [index for index in self.values if index not in used]
        outputs += [index for index in self.values if index in used and self.chance(0.1)]
        self.random.shuffle(outputs)
        return build_model(tensors=self.tensors, operators=self.operators, inputs=inputs, outputs=outputs)

    def convolution(self) -> None:
        """CONV_2D: odd channels, strides above the filter's size, dilation, with and without bias."""
        source = self.four_dimensional()
        batches, height, width, depth = source.shape
        outputs, (filter_h, filter_w) = self.pick((*_CHANNELS, depth, depth)), self._filter()
        if outputs * filter_h * filter_w * depth > _MOST_WEIGHTS:
            return
        padding, strides, dilations = self._window(height, width, filter_h, filter_w)
        options = Conv2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            dilation_h=dilations[0],
            dilation_w=dilations[1],
            activation=self.activation(),
        )
        shape = (batches, *_sizes(source.shape, (filter_h, filter_w), padding, strides, dilations), outputs)
        self.accumulate("CONV_2D", source, (outputs, filter_h, filter_w, depth), 0, shape, options)

    def depthwise(self) -> None:
        """DEPTHWISE_CONV_2D with depth multipliers."""
        source = self.four_dimensional()
        batches, height, width, depth = source.shape
        multiplier, (filter_h, filter_w) = self.pick((1, 1, 1, 2, 3)), self._filter()
        padding, strides, dilations = self._window(height, width, filter_h, filter_w)
        options = DepthwiseConv2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            depth_multiplier=multiplier,
            dilation_h=dilations[0],
            dilation_w=dilations[1],
            activation=self.activation(),
        )
        outputs = depth * multiplier
        shape = (batches, *_sizes(source.shape, (filter_h, filter_w), padding, strides, dilations), outputs)
        self.accumulate("DEPTHWISE_CONV_2D", source, (1, filter_h, filter_w, outputs), 3, shape, options)

    def transposed_convolution(self) -> None:
        """TRANSPOSE_CONV to any output that a convolution would bring back to the input."""
        source = self.four_dimensional()
        batches, height, width, depth = source.shape
        outputs, filters = self.pick((*_CHANNELS, depth)), self._filter()
        padding, strides = self.pick(tuple(Padding)), (self.pick((1, 2, 2, 3)), self.pick((1, 2, 2, 3)))
        sizes = [
            size * stride - int(self.random.integers(stride)) + (side - 1 if padding is Padding.VALID else 0)
            for size, stride, side in zip((height, width), strides, filters, strict=True)
        ]
        options = TransposeConvOptions(
            padding=padding, stride_h=strides[0], stride_w=strides[1], activation=self.activation()
        )
        shape = (batches, *sizes, outputs)
        self.accumulate("TRANSPOSE_CONV", source, (outputs, *filters, depth), 0, shape, options)

    def fully_connected(self) -> None:
        """FULLY_CONNECTED of any rank, as TFLite flattens it."""
        source = self.value()
        depth = source.shape[-1]
        outputs = self.pick((*_CHANNELS, depth))
        options = FullyConnectedOptions(activation=self.activation())
        rows = int(np.prod(source.shape[:-1]))
        if outputs * depth > _MOST_WEIGHTS:
            return
        self.accumulate("FULLY_CONNECTED", source, (outputs, depth), 0, (rows, outputs), options)

    def pool(self) -> None:
        """AVERAGE_POOL_2D or MAX_POOL_2D."""
        source = self.four_dimensional()
        filter_h, filter_w = (min(side, size) for side, size in zip(self._filter(), source.shape[1:3], strict=True))
        padding, strides = self.pick(tuple(Padding)), (self.pick((1, 2, 3)), self.pick((1, 2, 3)))
        options = Pool2DOptions(
            padding=padding,
            stride_h=strides[0],
            stride_w=strides[1],
            filter_h=filter_h,
            filter_w=filter_w,
            activation=self.activation(),
        )
        shape = (source.shape[0], *_sizes(source.shape, (filter_h, filter_w), padding, strides, (1, 1)))
        kind = self.pick(("AVERAGE_POOL_2D", "MAX_POOL_2D"))
        self.append(kind, (source,), self.like(source, (*shape, source.shape[3])), options)

    def mean(self) -> None:
        """MEAN over height and width, or over the last dimension."""
        source = self.value()
        axes = (1, 2) if len(source.shape) == 4 and self.chance(0.8) else (len(source.shape) - 1,)
        keep = self.chance(0.5)
        shape = [1 if axis in axes else size for axis, size in enumerate(source.shape)]
        if not keep:
            shape = [size for axis, size in enumerate(source.shape) if axis not in axes]
        if not shape:
            return
        options = ReduceOptions(keep_dims=keep)
        self.append("MEAN", (source, self.integers(axes)), self.rescaled(source, tuple(shape)), options)

    def pad_and_convolve(self) -> None:
        """PAD by different amounts on each side, then often a convolution, as converters write strided ones."""
        source = self.four_dimensional()
        amounts = np.array([[0, 0], *self.random.integers(0, 3, (2, 2)).tolist(), [0, self.pick((0, 0, 1))]])
        shape = tuple(int(size) for size in np.asarray(source.shape) + amounts.sum(axis=1))
        if int(np.prod(shape)) > MOST_VALUES:
            return
        self.append("PAD", (source, self.integers(amounts)), self.like(source, shape), NoOptions())
        if self.chance(0.7):
            self.convolution()

    def reshape(self) -> None:
        """One or two RESHAPEs, to 4-D shapes too."""
        source = self.value()
        for _ in range(self.pick((1, 1, 2))):
            count = int(np.prod(source.shape))
            side = self.pick(tuple(d for d in range(1, 10) if count % d == 0))
            shape = self.pick(((1, count), (side, count // side), (1, side, 1, count // side), (1, 1, side, -1)))
            shape = tuple(count // side if size == -1 else size for size in shape)
            target = self.integers(shape)
            source = self.append("RESHAPE", (source, target), self.like(source, shape), ReshapeOptions(new_shape=shape))

    def rename_dimensions(self) -> None:
        """EXPAND_DIMS anywhere, or SQUEEZE of all dimensions of size 1."""
        source = self.value()
        shape, ones = source.shape, source.shape.count(1)
        if len(shape) < _MOST_DIMENSIONS and (not ones or self.chance(0.5)):
            axis = int(self.random.integers(-len(shape) - 1, len(shape) + 1))
            place = axis % (len(shape) + 1)
            expanded = self.like(source, (*shape[:place], 1, *shape[place:]))
            self.append("EXPAND_DIMS", (source, self.integers((axis,))), expanded, NoOptions())
        elif 0 < ones < len(shape):
            squeezed = self.like(source, tuple(size for size in shape if size != 1))
            self.append("SQUEEZE", (source,), squeezed, SqueezeOptions())

    def cut(self) -> None:
        """STRIDED_SLICE or SLICE: a part of one dimension, or every second of it, forwards or backwards."""
        source = self.value()
        rank, shape = len(source.shape), list(source.shape)
        axis = int(self.random.integers(rank))
        size = shape[axis]
        begin = int(self.random.integers(size))
        end, step = int(self.random.integers(begin, size)) + 1, self.pick((1, 1, 2, -1))
        begins = [begin if other == axis else 0 for other in range(rank)]
        if rank > _MOST_SLICED or (step == 1 and self.chance(0.5)):
            shape[axis] = end - begin
            lists = (begins, shape)
            self.append("SLICE", (source, *map(self.integers, lists)), self.like(source, tuple(shape)), NoOptions())
            return
        ends, steps = list(shape), [step if other == axis else 1 for other in range(rank)]
        begins[axis], ends[axis] = (begin, end) if step > 0 else (end - 1, begin - 1 - size)
        shape[axis] = len(range(begin, end, abs(step)))
        whole = ~(1 << axis) & (1 << rank) - 1  # the other dimensions, whose begins and ends then do not matter
        options = StridedSliceOptions(begin_mask=self.pick((0, whole)), end_mask=self.pick((0, whole)))
        lists, cut = (begins, ends, steps), self.like(source, tuple(shape))
        self.append("STRIDED_SLICE", (source, *map(self.integers, lists)), cut, options)

    def enlarge(self) -> None:
        """RESIZE_NEAREST_NEIGHBOR to another size, or EXPAND_DIMS and TILE, as Keras' UpSampling2D is written."""
        source = self.four_dimensional()
        batches, height, width, depth = source.shape
        if self.chance(0.5):
            size = (self.pick((height, 2 * height, 3)), self.pick((width, 2 * width, 5)))
            if int(np.prod((batches, *size, depth))) <= MOST_VALUES:
                options = ResizeNearestNeighborOptions(half_pixel_centers=self.chance(0.5))
                resized = self.like(source, (batches, *size, depth))
                self.append("RESIZE_NEAREST_NEIGHBOR", (source, self.integers(size)), resized, options)
        elif 2 * int(np.prod(source.shape)) <= MOST_VALUES:
            expanded = self.like(source, (batches, height, 1, width, depth))
            self.append("EXPAND_DIMS", (source, self.integers((2,))), expanded, NoOptions())
            tiled = self.like(source, (batches, height, 2, width, depth))
            self.append("TILE", (expanded, self.integers((1, 1, 2, 1, 1))), tiled, NoOptions())

    def turn(self) -> None:
        """TRANSPOSE into any order, or REVERSE_V2 of one dimension or all."""
        source = self.value()
        if self.chance(0.3):
            axes = self.pick((tuple(range(len(source.shape))), (-1,), (0,)))
            self.append("REVERSE_V2", (source, self.integers(axes)), self.like(source, source.shape), NoOptions())
            return
        order = self.random.permutation(len(source.shape)).tolist()
        turned = self.like(source, tuple(source.shape[axis] for axis in order))
        self.append("TRANSPOSE", (source, self.integers(order)), turned, NoOptions())

    def _input(self) -> int:
        batches = self.pick((1, 1, 1, 2))
        shape = (batches, self.pick(_SIDES), self.pick(_SIDES), self.pick(_CHANNELS))
        if self.chance(0.15):
            shape = (batches, self.pick((5, 12, 16, 33)))  # type: ignore[assignment]
        spec = activation_tensor(shape, dtype="float32") if self.chance(0.25) else self.quantized(shape)
        return self.computed(spec)

    def _window(
        self, height: int, width: int, filter_h: int, filter_w: int
    ) -> tuple[Padding, tuple[int, int], tuple[int, int]]:
        """Padding, strides and dilations; VALID only where a window fits."""
        strides = (self.pick((1, 1, 2, 3, 4)), self.pick((1, 1, 2, 3)))
        dilations = (self.pick((1, 1, 1, 2)), self.pick((1, 1, 1, 2)))
        fits = (filter_h - 1) * dilations[0] < height and (filter_w - 1) * dilations[1] < width
        return (self.pick(tuple(Padding)) if fits else Padding.SAME), strides, dilations

    def _filter(self) -> tuple[int, int]:
        return self.pick(((1, 1), (1, 1), (3, 3), (3, 3), (2, 2), (1, 3), (3, 1), (5, 4)))


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


Steps = tuple[Callable[[RandomNetwork], object], ...]
# A table changes every network made with it: new steps go into EVERY_STEP.
FIRST_STEPS: Steps = (
    RandomNetwork.convolution,
    RandomNetwork.convolution,
    RandomNetwork.depthwise,
    RandomNetwork.depthwise,
    RandomNetwork.fully_connected,
    RandomNetwork.pool,
    RandomNetwork.add,
    RandomNetwork.add,
    RandomNetwork.mean,
    RandomNetwork.pad_and_convolve,
    RandomNetwork.reshape,
    RandomNetwork.softmax,
    RandomNetwork.relu,
    RandomNetwork.change_type,
)
EVERY_STEP: Steps = (
    *FIRST_STEPS,
    RandomNetwork.transposed_convolution,
    RandomNetwork.recur,
    RandomNetwork.enlarge,
    RandomNetwork.rename_dimensions,
    RandomNetwork.cut,
    RandomNetwork.cut,
    RandomNetwork.turn,
    RandomNetwork.turn,
    RandomNetwork.concatenate,
    RandomNetwork.concatenate,
    RandomNetwork.pack,
    RandomNetwork.split,
    RandomNetwork.split,
    RandomNetwork.multiply_or_subtract,
    RandomNetwork.multiply_or_subtract,
    RandomNetwork.extreme,
    RandomNetwork.curve,
    RandomNetwork.bend,
    RandomNetwork.bend,
)
