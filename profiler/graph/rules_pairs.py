"""Consistency of the operators on two tensors, element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import AddOptions
from profiler.graph.rules import (
    CALIBRATE_HINT,
    QUANTIZED,
    WRITER_HINT,
    Finding,
    activation_is_clamp,
    like_input,
    of_type,
    quantized_per_tensor,
    required,
)

_LEFT_SHIFTS = {DataType.INT8: 20, DataType.INT16: 15}
_RANK_LIMIT = 4


def add(graph: Graph, operator: Operator) -> Iterator[Finding]:
    """Inputs of equal shape, or broadcast to the output's as numpy does (up to 4 dimensions, as in TFLM)."""
    one, other, output = required(graph, operator, 0), required(graph, operator, 1), graph.output_tensor(operator)
    if isinstance(operator.options, AddOptions):
        yield from activation_is_clamp(operator.options.activation, output)
    yield from of_type(other, one.dtype, "second input")
    yield from like_input(one, output)
    yield from quantized_per_tensor(other, "second input")
    if broadcast_shape(one.shape, other.shape) != output.shape:
        shapes = f"{list(one.shape)} and {list(other.shape)}"
        yield Finding(reason=f"inputs {shapes} do not add up to output {list(output.shape)}", hint=WRITER_HINT)
    elif one.shape != other.shape and len(output.shape) > _RANK_LIMIT:
        yield Finding(reason="broadcasts in more than 4 dimensions", hint="Reshape to at most 4 dimensions first.")
    parameters = [tensor.quantization for tensor in (one, other, output) if tensor.dtype in QUANTIZED]
    scales = [parameter.scales[0] for parameter in parameters if parameter]
    left_shift = _LEFT_SHIFTS.get(output.dtype, 0)
    if len(scales) == 3 and not 2 * max(scales[:2]) / (2**left_shift * scales[2]) < 1:
        yield Finding(
            reason=f"input scales are more than 2^{left_shift - 1} times the output scale ({scales[2]:g})",
            hint=CALIBRATE_HINT,
        )


def broadcast_shape(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...] | None:
    """The shape two shapes broadcast to, None when they do not."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other, strict=True)
    shape = [max(pair) if 1 in pair or pair[0] == pair[1] else None for pair in pairs]
    known = tuple(size for size in shape if size is not None)
    return known if len(known) == rank else None
