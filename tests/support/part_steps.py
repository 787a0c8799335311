"""Steps of random networks that join tensors and take them apart."""

from __future__ import annotations

import numpy as np

from profiler.graph.options import (
    ConcatenationOptions,
    NoOptions,
    PackOptions,
    SplitOptions,
    SplitVOptions,
    UnpackOptions,
)
from tests.support.network_writer import MOST_VALUES, NetworkWriter
from tests.support.tflite_builder import TensorSpec

_MOST_PACKED = 4  # dimensions before there is one more
_MOST_PARTS = 9


class PartSteps(NetworkWriter):
    """One method a step."""

    __slots__ = ()

    def concatenate(self) -> None:
        """CONCATENATION of two to four tensors, brought to one scale first where they differ, as converters do."""
        first = self.value()
        axis = int(self.random.integers(len(first.shape)))
        fitting = [index for index in self.values if _joins(self.tensors[index], first, axis)]
        parts = [first, *(self.tensors[self.pick(tuple(fitting))] for _ in range(self.pick((1, 1, 2, 3))))]
        if self.chance(0.2):
            parts.append(self.constant(first.shape, first, exactly=True))
        length = sum(part.shape[axis] for part in parts)
        shape = (*first.shape[:axis], length, *first.shape[axis + 1 :])
        if int(np.prod(shape)) > MOST_VALUES:
            return
        for position, part in enumerate(parts):
            if (part.scales, part.zero_points) != (first.scales, first.zero_points):
                parts[position] = self.append("QUANTIZE", (part,), self.like(first, part.shape), NoOptions())
        parts = [parts[place] for place in self.random.permutation(len(parts))]
        options = ConcatenationOptions(axis=self.pick((axis, axis - len(shape))))
        self.append("CONCATENATION", tuple(parts), self.like(first, shape), options)

    def pack(self) -> None:
        """PACK of a tensor with others of its kind, or with itself, into a new dimension."""
        first = self.value()
        alike = [
            self.tensors[index]
            for index in self.values
            if self.is_like(index, first)
            and (self.tensors[index].scales, self.tensors[index].zero_points) == (first.scales, first.zero_points)
        ]
        parts = [first, *(self.pick(tuple(alike)) for _ in range(self.pick((1, 2))))]
        if len(first.shape) > _MOST_PACKED or len(parts) * int(np.prod(first.shape)) > MOST_VALUES:
            return
        axis = int(self.random.integers(-len(first.shape) - 1, len(first.shape) + 1))
        place = axis % (len(first.shape) + 1)
        packed = self.like(first, (*first.shape[:place], len(parts), *first.shape[place:]))
        self.append("PACK", tuple(parts), packed, PackOptions(parts=len(parts), axis=axis))

    def split(self) -> None:
        """SPLIT into equal parts, SPLIT_V into two of any length, or UNPACK; often some parts go nowhere."""
        source = self.value()
        shape = source.shape
        axis = int(self.random.integers(-len(shape), len(shape)))
        size = shape[axis]
        kind = self.pick(("SPLIT", "SPLIT_V", "UNPACK"))
        if kind == "UNPACK" and len(shape) > 1 and size <= _MOST_PARTS:
            without = tuple(length for place, length in enumerate(shape) if place != axis % len(shape))
            parts = [self.like(source, without) for _ in range(size)]
            self.append(kind, (source,), parts[0], UnpackOptions(parts=size, axis=axis), *parts[1:])
        elif kind == "SPLIT_V" and size > 1:
            first = int(self.random.integers(1, size))
            one, other = (self._part(source, axis, length) for length in (first, size - first))
            lengths = self.integers(self.pick(((first, size - first), (-1, size - first))))
            self.append(kind, (source, lengths, self.integers(axis)), one, SplitVOptions(parts=2), other)
        elif kind == "SPLIT":
            count = self.pick(tuple(number for number in range(1, _MOST_PARTS) if size % number == 0))
            parts = [self._part(source, axis, size // count) for _ in range(count)]
            self.append(kind, (self.integers(axis), source), parts[0], SplitOptions(parts=count), *parts[1:])

    def _part(self, source: TensorSpec, axis: int, length: int) -> TensorSpec:
        place = axis % len(source.shape)
        return self.like(source, (*source.shape[:place], length, *source.shape[place + 1 :]))


def _joins(spec: TensorSpec, other: TensorSpec, axis: int) -> bool:
    """Whether the two can be joined along the axis, apart from their scales."""
    shapes = [(*each.shape[:axis], *each.shape[axis + 1 :]) for each in (spec, other)]
    return spec.dtype == other.dtype and len(spec.shape) == len(other.shape) and shapes[0] == shapes[1]
