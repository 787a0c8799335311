"""Consistency of the operators that move values and compute none: joining, cutting, turning, renaming dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation, ConcatenationOptions, SqueezeOptions
from profiler.graph.rules import (
    QUANTIZED,
    WRITER_HINT,
    Finding,
    like_input,
    of_shape,
    of_type,
    quantized_per_tensor,
    required,
    same_quantization,
)
from profiler.graph.rules_unweighted import integers

_INPUTS_LIMIT, _CONCATENATION_RANK_LIMIT = 10, 6  # of TFLM


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


def concatenation(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Inputs of the output's type and shape but along the axis, quantized exactly as it is; no fused activation, as in
    TFLM."""
    options, output = operator.options, graph.output_tensor(operator)
    if not isinstance(options, ConcatenationOptions):
        return
    if options.activation is not Activation.NONE:
        yield Finding(
            reason=f"fused activation {options.activation.value} is not supported for concatenations",
            hint="Make the activation a layer of its own.",
        )
    if len(operator.inputs) > _INPUTS_LIMIT:
        yield Finding(
            reason=f"has {len(operator.inputs)} inputs, at most {_INPUTS_LIMIT} are supported",
            hint="Concatenate in several steps.",
        )
        return
    if min(operator.inputs) < 0:
        yield Finding(reason="one of its inputs is absent", hint=WRITER_HINT)
        return
    sources = [required(graph, operator, position) for position in range(len(operator.inputs))]
    for position, source in enumerate(sources):
        yield from of_type(source, output.dtype, f"input {position}")
        yield from quantized_per_tensor(source, f"input {position}")
        yield from _quantized_exactly(source, output)
    yield from quantized_per_tensor(output, "output")
    yield from _joined_shape(sources, output, options.axis)


def _joined_shape(sources: list[Tensor], output: Tensor, axis: int) -> Iterator[Finding]:
    rank = len(output.shape)
    if not -rank <= axis < rank:
        yield Finding(reason=f"joins along axis {axis} of {rank} dimensions", hint=WRITER_HINT)
        return
    if rank > _CONCATENATION_RANK_LIMIT:
        yield Finding(
            reason=f"has {rank} dimensions, at most {_CONCATENATION_RANK_LIMIT} are supported",
            hint="Reshape to fewer dimensions first.",
        )
    place = axis % rank
    alike = all(
        len(source.shape) == rank and _without(source.shape, place) == _without(output.shape, place)
        for source in sources
    )
    if not alike or sum(source.shape[place] for source in sources) != output.shape[place]:
        shapes = ", ".join(str(list(source.shape)) for source in sources)
        yield Finding(reason=f"{shapes} along axis {axis} do not make up {list(output.shape)}", hint=WRITER_HINT)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _quantized_exactly(source: Tensor, output: Tensor) -> Iterator[Finding]:
    one, other = source.quantization, output.quantization
    if output.dtype not in QUANTIZED or one is None or other is None:
        return  # reported by quantized_per_tensor
    if (one.scales[0], one.zero_points[0]) != (other.scales[0], other.zero_points[0]):
        yield Finding(
            reason=f"tensors {source.index} and {output.index} are quantized differently "
            f"({one.scales[0]:.9g}, {one.zero_points[0]} and {other.scales[0]:.9g}, {other.zero_points[0]}), "
            "concatenation does not rescale",
            hint="Convert the model again; the converter rescales inputs to the output's scale first.",
        )


def _moved(source: Tensor, output: Tensor) -> Iterator[Finding]:
    """Values of the same type and quantization: they are moved, not computed."""
    yield from like_input(source, output)
    yield from same_quantization(source, output, "it does not rescale")
