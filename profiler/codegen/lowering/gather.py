"""STRIDED_SLICE, SLICE, TRANSPOSE, REVERSE_V2, TILE: portable kernels, all types, that read in another order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from profiler.codegen.lowering.accumulation import int32_values
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    options_as,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.lowering.walk import Walk, steps_of, walk_of
from profiler.codegen.model import Lowered
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import StridedSliceOptions
from profiler.graph.slices import AxisSlice, sliced_shape, slices, strided_slices

_MOST_DIMENSIONS = 5
_LISTS = {"STRIDED_SLICE": 3, "SLICE": 2, "TRANSPOSE": 1, "REVERSE_V2": 1, "TILE": 1}  # inputs that tell of dimensions


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why values of `dtype` cannot be gathered, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    count = _LISTS[operator.kind]
    yield tensors_typed(graph, operator, (dtype, *(DataType.INT32,) * count), dtype)
    yield constant(graph, operator, *range(1, count + 1))
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    rank = len(source.shape)
    if rank > _MOST_DIMENSIONS:
        yield f"{rank} dimensions, at most {_MOST_DIMENSIONS} are supported"
    every = operator.kind != "REVERSE_V2"
    if every and any(required_input(graph, operator, place).elements != rank for place in range(1, count + 1)):
        yield f"its lists must have {rank} numbers"
    yield from _REASONS.get(operator.kind, _reasons_slices)(graph, operator)
    if not output.elements:
        yield "output is empty"


def _reasons_order(graph: Graph, operator: Operator) -> Iterator[str | None]:
    shape, order = required_input(graph, operator, 0).shape, _numbers(graph, operator, 1)
    if sorted(order) != list(range(len(shape))):
        yield f"{order} is no order of {len(shape)} dimensions"
    expected = tuple(shape[axis] for axis in order)
    if graph.output_tensor(operator).shape != expected:
        yield f"output is {graph.output_tensor(operator).shape}, must be {expected}"


def _reasons_reversed(graph: Graph, operator: Operator) -> Iterator[str | None]:
    shape, axes = required_input(graph, operator, 0).shape, _numbers(graph, operator, 1)
    if not all(-len(shape) <= axis < len(shape) for axis in axes):
        yield f"{axes} are not of the input's {len(shape)} dimensions"
    if graph.output_tensor(operator).shape != shape:
        yield f"output is {graph.output_tensor(operator).shape}, must be {shape}"


def _reasons_repetitions(graph: Graph, operator: Operator) -> Iterator[str | None]:
    shape, times = required_input(graph, operator, 0).shape, _numbers(graph, operator, 1)
    if any(number != 1 and size != 1 for number, size in zip(times, shape, strict=True)):
        yield f"repeats {shape} {times} times, only dimensions of size 1 can be"
    expected = tuple(number * size for number, size in zip(times, shape, strict=True))
    if graph.output_tensor(operator).shape != expected:
        yield f"output is {graph.output_tensor(operator).shape}, must be {expected}"


def _reasons_slices(graph: Graph, operator: Operator) -> Iterator[str | None]:
    if operator.kind == "STRIDED_SLICE":
        options = operator.options
        if not isinstance(options, StridedSliceOptions):
            yield "has no STRIDED_SLICE options"
            return
        if options.ellipsis_mask or options.new_axis_mask or options.offset:
            yield "an ellipsis, new axes or ends that count from begins are not supported"
        if 0 in _numbers(graph, operator, 3):
            yield "a step is 0"
    taken, shape = _slices(graph, operator), required_input(graph, operator, 0).shape
    if not all(each.lies_in(size) for each, size in zip(taken, shape, strict=True)):
        yield f"takes what is not in {shape}"
    if graph.output_tensor(operator).shape != sliced_shape(taken):
        yield f"output is {graph.output_tensor(operator).shape}, must be {sliced_shape(taken)}"


_REASONS = {"TRANSPOSE": _reasons_order, "REVERSE_V2": _reasons_reversed, "TILE": _reasons_repetitions}


def _numbers(graph: Graph, operator: Operator, position: int) -> tuple[int, ...]:
    return tuple(int(number) for number in int32_values(required_input(graph, operator, position), 0))


def _slices(graph: Graph, operator: Operator) -> tuple[AxisSlice, ...]:
    shape = required_input(graph, operator, 0).shape
    begins, sizes_or_ends = _numbers(graph, operator, 1), _numbers(graph, operator, 2)
    if operator.kind == "SLICE":
        return slices(shape, begins, sizes_or_ends)
    steps = _numbers(graph, operator, 3)
    return strided_slices(shape, begins, sizes_or_ends, steps, options_as(operator, StridedSliceOptions))


def _walk(graph: Graph, operator: Operator) -> Walk:
    shape = required_input(graph, operator, 0).shape
    steps = steps_of(shape)
    if operator.kind == "TRANSPOSE":
        order = _numbers(graph, operator, 1)
        return walk_of(0, [shape[axis] for axis in order], [steps[axis] for axis in order])
    if operator.kind == "REVERSE_V2":
        backwards = {axis % len(shape) for axis in _numbers(graph, operator, 1)}
        first = sum((shape[axis] - 1) * steps[axis] for axis in backwards)
        return walk_of(first, shape, [-step if axis in backwards else step for axis, step in enumerate(steps)])
    if operator.kind == "TILE":
        stays = [0 if size == 1 else step for size, step in zip(shape, steps, strict=True)]
        return walk_of(0, graph.output_tensor(operator).shape, stays)
    taken = _slices(graph, operator)
    first = sum(each.first * step for each, step in zip(taken, steps, strict=True))
    return walk_of(
        first, [each.count for each in taken], [each.step * step for each, step in zip(taken, steps, strict=True)]
    )


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Nested loops over the output; those that continue one another in the input are one."""
    return _walk(graph, operator).lowered(required_input(graph, operator, 0))


KERNELS = tuple(
    portable(kind, dtype, why_not(dtype), lower)
    for kind in _LISTS
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
