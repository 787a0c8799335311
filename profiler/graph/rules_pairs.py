"""Consistency of the operators on two tensors, element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import AddOptions, MulOptions, SubOptions
from profiler.graph.rules import (
    CALIBRATE_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    activation_is_clamp,
    like_input,
    multiplier_defined,
    of_shape,
    of_type,
    quantized_per_tensor,
    required,
    rescales,
    same_quantization,
)

_LEFT_SHIFTS = {DataType.INT8: 20, DataType.INT16: 15}  # of the operands of a sum, before they are brought to one scale
_PRODUCT_MULTIPLIERS = {DataType.INT8: 2.0**15, DataType.INT16: 1.0}  # above them a product overflows 32 bits
_PRELU_MULTIPLIERS = {DataType.INT8: 2.0**15, DataType.INT16: 2.0**7}  # likewise, of a value and an alpha
_RANK_LIMIT = 4


def add(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """ADD and SUB: inputs of equal shape, or broadcast to the output's as numpy does (up to 4 dimensions)."""
    yield from _pair(graph, operator)
    output, scales = graph.output_tensor(operator), _scales(graph, operator)
    left_shift = _LEFT_SHIFTS.get(output.dtype, 0)
    if len(scales) == 3 and not 2 * max(scales[:2]) / (2**left_shift * scales[2]) < 1:
        yield Finding(
            reason=f"input scales are more than 2^{left_shift - 1} times the output scale ({scales[2]:g})",
            hint=CALIBRATE_HINT,
        )


def mul(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Inputs of equal shape, or broadcast to the output's as numpy does (up to 4 dimensions)."""
    yield from _pair(graph, operator)
    scales = _scales(graph, operator)
    if len(scales) == 3:
        limit = _PRODUCT_MULTIPLIERS.get(graph.output_tensor(operator).dtype, 1.0)
        ratio = scales[0] * scales[1] / scales[2]
        yield from multiplier_defined(ratio, "product of the input scales ÷ output scale", limit=limit)


def extreme(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """MAXIMUM and MINIMUM: as ADD, and all three tensors are quantized alike."""
    yield from _pair(graph, operator)
    one, other, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    for tensor in (other, output):
        yield from same_quantization(one, tensor, f"{operator.kind} does not rescale")


def prelu(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """The second input, alpha, is repeated to the first one's shape; it is int8 for int16 too."""
    one, alpha, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    yield from of_type(alpha, DataType.FLOAT32 if one.dtype is DataType.FLOAT32 else DataType.INT8, "alpha")
    yield from like_input(one, output)
    yield from quantized_per_tensor(alpha, "alpha")
    yield from of_shape(output, one.shape, "output")
    yield from _broadcasts(one, alpha, output)
    yield from rescales(one, output, limit=2.0**15)
    scales = _scales(graph, operator)
    if len(scales) == 3:
        ratio, limit = scales[0] * scales[1] / scales[2], _PRELU_MULTIPLIERS.get(one.dtype, 1.0)
        yield from multiplier_defined(ratio, "input scale × alpha scale ÷ output scale", limit=limit)


def _pair(graph: Graph, operator: Operator) -> Iterator[Finding]:
    one, other, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    if isinstance(operator.options, AddOptions | SubOptions | MulOptions):
        yield from activation_is_clamp(operator.options.activation, output)
    yield from of_type(other, one.dtype, "second input")
    yield from like_input(one, output)
    yield from quantized_per_tensor(other, "second input")
    yield from _broadcasts(one, other, output)


def _broadcasts(one: Tensor, other: Tensor, output: Tensor) -> Iterator[Finding]:
    if broadcast_shape(one.shape, other.shape) != output.shape:
        shapes = f"{list(one.shape)} and {list(other.shape)}"
        yield Finding(reason=f"inputs {shapes} do not broadcast to output {list(output.shape)}", hint=WRITER_HINT)
    elif one.shape != other.shape and len(output.shape) > _RANK_LIMIT:
        yield Finding(reason="broadcasts in more than 4 dimensions", hint="Reshape to at most 4 dimensions first.")


def _scales(graph: Graph, operator: Operator) -> list[float]:
    """Of the two inputs and the output, those that are quantized."""
    tensors = (required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator))
    parameters = [tensor.quantization for tensor in tensors if tensor.dtype in QUANTIZED]
    return [parameter.scales[0] for parameter in parameters if parameter]


def broadcast_shape(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape two shapes broadcast to, None when they do not."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other, strict=True)
    shape = [max(pair) if 1 in pair or pair[0] == pair[1] else None for pair in pairs]
    known = tuple(size for size in shape if size is not None)
    return known if len(known) == rank else None
