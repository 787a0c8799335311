"""Consistency of the operators that join tensors and take them apart, along a dimension or by a new one."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import (
    Activation,
    ConcatenationOptions,
    PackOptions,
    SplitOptions,
    SplitVOptions,
    UnpackOptions,
)
from profiler.graph.rules import (
    QUANTIZED,
    WRITER_HINT,
    Finding,
    of_shape,
    of_type,
    quantized_per_tensor,
    required,
    same_quantization,
)
from profiler.graph.rules_unweighted import integers

_CONCATENATED_LIMIT, _CONCATENATION_RANK_LIMIT = 10, 6  # of TFLM


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
    if len(operator.inputs) > _CONCATENATED_LIMIT:
        yield Finding(
            reason=f"has {len(operator.inputs)} inputs, at most {_CONCATENATED_LIMIT} are supported",
            hint="Concatenate in several steps.",
        )
        return
    if min(operator.inputs) < 0:
        yield Finding(reason="one of its inputs is absent", hint=WRITER_HINT)
        return
    sources = _every_input(graph, operator)
    for position, source in enumerate(sources):
        yield from of_type(source, output.dtype, f"input {position}")
        yield from quantized_per_tensor(source, f"input {position}")
        yield from _quantized_exactly(source, output)
    yield from quantized_per_tensor(output, "output")
    yield from _within(options.axis, len(output.shape), "joins along axis {axis} of {rank} dimensions")
    if len(output.shape) > _CONCATENATION_RANK_LIMIT:
        yield Finding(
            reason=f"has {len(output.shape)} dimensions, at most {_CONCATENATION_RANK_LIMIT} are supported",
            hint="Reshape to fewer dimensions first.",
        )
    yield from _make_up(sources, output, options.axis)


def pack(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Inputs of one shape and of the output's type and quantization; the output counts them in a new dimension."""
    options, output = operator.options, graph.output_tensor(operator)
    if not isinstance(options, PackOptions):
        return
    if min(operator.inputs) < 0:
        yield Finding(reason="one of its inputs is absent", hint=WRITER_HINT)
        return
    sources = _every_input(graph, operator)
    yield from _as_many(options.parts, len(sources), "inputs")
    yield from quantized_per_tensor(output, "output")
    for position, source in enumerate(sources):
        yield from of_shape(source, sources[0].shape, f"input {position}")
        yield from _kept(source, output, f"input {position}")
    rank = len(sources[0].shape) + 1
    outside = [*_within(options.axis, rank, "its new dimension is number {axis} of {rank}")]
    yield from outside or of_shape(output, _with(sources[0].shape, options.axis % rank, len(sources)), "output")


def unpack(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """As many outputs as the axis is long, each without it; all of the input's type and quantization."""
    source, outputs, options = required(graph, operator, 0), _every_output(graph, operator), operator.options
    if not isinstance(options, UnpackOptions):
        return
    yield from _as_many(options.parts, len(outputs), "outputs")
    yield from _all_kept(source, outputs)
    rank = len(source.shape)
    outside = [*_within(options.axis, rank, "takes apart axis {axis} of {rank} dimensions")]
    yield from outside
    if outside:
        return
    axis = options.axis % rank
    if source.shape[axis] != len(outputs):
        yield Finding(
            reason=f"has {len(outputs)} outputs for {source.shape[axis]} elements of dimension {axis}", hint=WRITER_HINT
        )
    for position, output in enumerate(outputs):
        yield from of_shape(output, _without(source.shape, axis), f"output {position}")


def split(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The axis, a constant, comes first; outputs of one shape make up the input."""
    source, outputs, options = required(graph, operator, 1), _every_output(graph, operator), operator.options
    if not isinstance(options, SplitOptions):
        return
    yield from _as_many(options.parts, len(outputs), "outputs")
    yield from _all_kept(source, outputs)
    for position, output in enumerate(outputs):
        yield from of_shape(output, outputs[0].shape, f"output {position}")
    yield from _split_along(required(graph, operator, 0), source, outputs)


def split_v(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Lengths, one perhaps left out (-1), and axis are constants; outputs of these lengths make up the input."""
    source, lengths, axis = (required(graph, operator, position) for position in range(3))
    outputs, options = _every_output(graph, operator), operator.options
    if not isinstance(options, SplitVOptions):
        return
    yield from _as_many(options.parts, len(outputs), "outputs")
    yield from _all_kept(source, outputs)
    problems = [*_split_along(axis, source, outputs)]
    if lengths.dtype not in (DataType.INT32, DataType.INT64):
        problems.append(Finding(reason=f"its lengths are {lengths.dtype.value}, must be int32", hint=WRITER_HINT))
    yield from problems
    if problems:
        return
    place, told = integers(axis, limit=1)[0], _lengths(lengths)
    found = [output.shape[place] for output in outputs]
    if len(told) != len(found) or any(one not in (-1, other) for one, other in zip(told, found, strict=True)):
        yield Finding(reason=f"parts of lengths {list(told)}, but its outputs have {found}", hint=WRITER_HINT)


def _split_along(axis: Tensor, source: Tensor, outputs: Sequence[Tensor]) -> Iterator[Finding]:
    yield from of_type(axis, DataType.INT32, "the axis")
    if axis.dtype is not DataType.INT32:
        return
    numbers = integers(axis, limit=1)
    if len(numbers) != 1:
        yield Finding(reason=f"splits along axes {list(numbers)}, must be one", hint=WRITER_HINT)
        return
    yield from _within(numbers[0], len(source.shape), "splits along axis {axis} of {rank} dimensions")
    yield from _make_up(outputs, source, numbers[0])


def _lengths(tensor: Tensor) -> tuple[int, ...]:
    letter = "q" if tensor.dtype is DataType.INT64 else "i"
    return struct.unpack(f"<{len(tensor.data or b'') // struct.calcsize(letter)}{letter}", tensor.data or b"")


def _every_input(graph: Graph, operator: Operator) -> list[Tensor]:
    return [required(graph, operator, position) for position in range(len(operator.inputs))]


def _every_output(graph: Graph, operator: Operator) -> list[Tensor]:
    return [graph.tensors[index] for index in operator.outputs]


def _as_many(told: int, found: int, what: str) -> Iterator[Finding]:
    if told != found:
        yield Finding(reason=f"has {found} {what}, its options tell of {told}", hint=WRITER_HINT)


def _within(axis: int, rank: int, reason: str) -> Iterator[Finding]:
    """The axis is one of `rank`, counted from either end."""
    if not -rank <= axis < rank:
        yield Finding(reason=reason.format(axis=axis, rank=rank), hint=WRITER_HINT)


def _make_up(parts: Sequence[Tensor], whole: Tensor, axis: int) -> Iterator[Finding]:
    """The parts, put behind one another along the axis, are the whole."""
    rank = len(whole.shape)
    if not -rank <= axis < rank:
        return  # reported by _within
    place = axis % rank
    alike = all(
        len(part.shape) == rank and _without(part.shape, place) == _without(whole.shape, place) for part in parts
    )
    if not alike or sum(part.shape[place] for part in parts) != whole.shape[place]:
        shapes = ", ".join(str(list(part.shape)) for part in parts)
        yield Finding(reason=f"{shapes} along axis {axis} do not make up {list(whole.shape)}", hint=WRITER_HINT)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


def _with(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis:])


def _all_kept(source: Tensor, outputs: Sequence[Tensor]) -> Iterator[Finding]:
    yield from quantized_per_tensor(source, "input")
    for position, output in enumerate(outputs):
        yield from _kept(output, source, f"output {position}")


def _kept(part: Tensor, whole: Tensor, what: str) -> Iterator[Finding]:
    """Values of the same type and quantization: they are moved, not computed."""
    yield from of_type(part, whole.dtype, what)
    yield from quantized_per_tensor(part, what)
    if part.dtype is whole.dtype:
        yield from same_quantization(part, whole, "it does not rescale")


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
