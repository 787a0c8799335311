"""Consistency of the operators that move values and compute none: cutting, turning, repeating, renaming dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import SqueezeOptions, StridedSliceOptions
from profiler.graph.rules import (
    CONVERT_HINT,
    WRITER_HINT,
    Finding,
    like_input,
    of_rank,
    of_shape,
    of_type,
    required,
    same_quantization,
)
from profiler.graph.rules_unweighted import integers
from profiler.graph.slices import AxisSlice, sliced_shape, slices, strided_slices

# Of TFLM:
_STRIDED_SLICE_RANK_LIMIT, _SLICE_RANK_LIMIT, _TRANSPOSE_RANK_LIMIT, _TILE_RANK_LIMIT = 4, 5, 5, 5
_REVERSE_RANK_LIMIT = 5
_RANK_HINT = "Reshape to fewer dimensions first."


def squeeze(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The output is the input without the given dimensions, all of size 1; none given means every such dimension."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from _moved(source, output)
    if not isinstance(operator.options, SqueezeOptions):
        return
    axes, rank = operator.options.axes, len(source.shape)
    if any(not -rank <= axis < rank or source.shape[axis] != 1 for axis in axes):
        yield Finding(reason=f"removes dimensions {list(axes)} of {list(source.shape)}", hint=WRITER_HINT)
        return
    removed = {axis % rank for axis in axes} or {axis for axis, size in enumerate(source.shape) if size == 1}
    kept = tuple(size for axis, size in enumerate(source.shape) if axis not in removed)
    yield from of_shape(output, kept, "output")


def expand_dims(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The output is the input with one more dimension, of size 1; where is a constant."""
    source, axis, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from _moved(source, output)
    yield from of_type(axis, DataType.INT32, "the new axis")
    if axis.dtype is not DataType.INT32:
        return
    numbers, rank = integers(axis, limit=1), len(source.shape) + 1
    if len(numbers) != 1 or not -rank <= numbers[0] < rank:
        yield Finding(reason=f"new axis {list(numbers)} of an output with {rank} dimensions", hint=WRITER_HINT)
        return
    place = numbers[0] % rank
    yield from of_shape(output, (*source.shape[:place], 1, *source.shape[place:]), "output")


def strided_slice(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Begins, ends and steps are constants, one for each dimension of the input; the output is what they take."""
    source, output, options = required(graph, operator, 0), graph.output_tensor(operator), operator.options
    yield from _moved(source, output)
    yield from _rank_below(len(source.shape), _STRIDED_SLICE_RANK_LIMIT)
    if not isinstance(options, StridedSliceOptions):
        return
    if options.ellipsis_mask or options.new_axis_mask or options.offset:
        yield Finding(
            reason="has an ellipsis, new axes or ends that count from begins, which TFLM ignores",
            hint="Convert the model again; the converter writes such slices without them.",
        )
    lists = [required(graph, operator, position) for position in (1, 2, 3)]
    found = [
        finding
        for tensor, what in zip(lists, ("begins", "ends", "steps"), strict=True)
        for finding in _one_each(tensor, what, source)
    ]
    yield from found
    if found:
        return
    begins, ends, steps = (integers(tensor) for tensor in lists)
    if 0 in steps:
        yield Finding(reason=f"steps {list(steps)} must not be 0", hint=WRITER_HINT)
        return
    taken = strided_slices(source.shape, begins, ends, steps, options)
    if any(each.dropped and each.step < 0 for each in taken):
        yield Finding(reason="goes backwards along a dimension that it drops", hint=WRITER_HINT)
    yield from _taken(source, taken, output)


def slice_(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Begins and sizes are constants, one for each dimension of the input; the output is what they take."""
    source, output = required(graph, operator, 0), graph.output_tensor(operator)
    yield from _moved(source, output)
    yield from _rank_below(len(source.shape), _SLICE_RANK_LIMIT)
    begins, sizes = required(graph, operator, 1), required(graph, operator, 2)
    found = [*_one_each(begins, "begins", source), *_one_each(sizes, "sizes", source)]
    yield from found or _taken(source, slices(source.shape, integers(begins), integers(sizes)), output)


def transpose(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The permutation is a constant that names each dimension of the input once."""
    source, order, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from _moved(source, output)
    rank = len(source.shape)
    yield from _rank_below(rank, _TRANSPOSE_RANK_LIMIT)
    found = [*_one_each(order, "dimensions", source)]
    yield from found
    if found:
        return
    axes = integers(order)
    if sorted(axes) != list(range(rank)):
        yield Finding(reason=f"{list(axes)} is no order of {rank} dimensions", hint=WRITER_HINT)
        return
    yield from of_shape(output, tuple(source.shape[axis] for axis in axes), "output")


def reverse(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The dimensions to go through backwards are a constant list of neighbours; the output is as large as the input.

    The converter scales the two differently although values are only moved (see `unscaled`); that is run as it is.
    """
    source, axes, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from like_input(source, output)
    yield from of_shape(output, source.shape, "output")
    rank = len(source.shape)
    yield from _rank_below(rank, _REVERSE_RANK_LIMIT)
    yield from of_type(axes, DataType.INT32, "the list of dimensions")
    if axes.dtype is not DataType.INT32:
        return
    numbers = integers(axes, limit=rank)
    places = sorted({axis % rank for axis in numbers if -rank <= axis < rank})
    if len(axes.shape) != 1 or len(places) != axes.elements:
        yield Finding(reason=f"reverses dimensions {list(numbers)} of {rank}", hint=WRITER_HINT)
    elif places[-1] - places[0] >= len(places):
        yield Finding(
            reason=f"reverses dimensions {list(numbers)}, which are no neighbours", hint="Reverse them one by one."
        )


def tile(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """How often to repeat is a constant for each dimension; what is repeated has size 1 (UpSampling2D of Keras)."""
    source, times, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from _moved(source, output)
    yield from _rank_below(len(source.shape), _TILE_RANK_LIMIT)
    found = [*_one_each(times, "repetitions", source)]
    yield from found
    if found:
        return
    numbers = integers(times)
    if any(number != 1 and size != 1 for number, size in zip(numbers, source.shape, strict=True)):
        yield Finding(
            reason=f"repeats {list(source.shape)} {list(numbers)} times; only dimensions of size 1 can be repeated",
            hint="Concatenate the tensor with itself instead.",
        )
    yield from of_shape(output, tuple(n * size for n, size in zip(numbers, source.shape, strict=True)), "output")


def resize_nearest_neighbor(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """NHWC; the output's height and width are a constant."""
    source, size, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from _moved(source, output)
    found = [*of_rank(source, 4, "input"), *of_type(size, DataType.INT32, "the new size")]
    yield from found
    if found:
        return
    if size.shape != (2,):
        yield Finding(reason=f"the new size has shape {list(size.shape)}, must have [2]", hint=WRITER_HINT)
        return
    yield from of_shape(output, (source.shape[0], *integers(size), source.shape[3]), "output")


def _one_each(numbers: Tensor, what: str, source: Tensor) -> Iterator[Finding]:
    """A constant list of int32, one for each dimension of the input."""
    if numbers.dtype is not DataType.INT32:
        yield Finding(reason=f"its list of {what} is {numbers.dtype.value}, must be int32", hint=CONVERT_HINT)
    elif numbers.shape != (len(source.shape),):
        count = numbers.elements
        yield Finding(reason=f"has {count} {what} for {len(source.shape)} dimensions", hint=WRITER_HINT)


def _taken(source: Tensor, taken: tuple[AxisSlice, ...], output: Tensor) -> Iterator[Finding]:
    for axis, (size, each) in enumerate(zip(source.shape, taken, strict=True)):
        if not each.lies_in(size):
            yield Finding(
                reason=f"takes {each.count} elements from {each.first} on, in steps of {each.step}, "
                f"of the {size} of dimension {axis}",
                hint=WRITER_HINT,
            )
    yield from of_shape(output, sliced_shape(taken), "output")


def _rank_below(rank: int, limit: int) -> Iterator[Finding]:
    if rank > limit:
        yield Finding(reason=f"has {rank} dimensions, at most {limit} are supported", hint=_RANK_HINT)


def _moved(source: Tensor, output: Tensor) -> Iterator[Finding]:
    """Values of the same type and quantization: they are moved, not computed."""
    yield from like_input(source, output)
    yield from same_quantization(source, output, "it does not rescale")
