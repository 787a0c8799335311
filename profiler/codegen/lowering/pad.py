"""PAD and PADV2 with constant paddings: portable kernels, int8, int16 and float32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from profiler.codegen.lowering.accumulation import int32_values, quantization
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    quantized_per_tensor,
    required_input,
    same_quantization,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Constant, Lowered
from profiler.graph.model import DataType, Graph, Operator

_LEVELS = 5
Level = tuple[int, int, int]  # size, padding before, padding after


def why_not_s8(graph: Graph, operator: Operator) -> str | None:
    """Why the int8 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT8))


def why_not_s16(graph: Graph, operator: Operator) -> str | None:
    """Why the int16 kernel cannot run this operator, or None."""
    return first_reason(_reasons_quantized(graph, operator, DataType.INT16))


def why_not_f32(graph: Graph, operator: Operator) -> str | None:
    """Why the float32 kernel cannot run this operator, or None."""
    return first_reason(_reasons(graph, operator, DataType.FLOAT32))


def merged(levels: list[Level]) -> list[Level]:
    """The same padding in as few levels as possible: a level that is not padded becomes part of the one around it."""
    result: list[Level] = []
    for size, before, after in levels:
        if result and before == after == 0:
            outer = result.pop()
            result.append((outer[0] * size, outer[1] * size, outer[2] * size))
        else:
            result.append((size, before, after))
    return result


def _paddings(graph: Graph, operator: Operator) -> list[tuple[int, int]]:
    pairs = int32_values(required_input(graph, operator, 1), 0).reshape(-1, 2)
    return [(int(before), int(after)) for before, after in pairs]


def _reasons_quantized(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield from _reasons(graph, operator, dtype)
    output, value = graph.output_tensor(operator), graph.input_tensor(operator, 2)
    yield quantized_per_tensor(output)
    yield None if value is None else same_quantization(value, output)


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    yield tensors_typed(graph, operator, (dtype, DataType.INT32, dtype), dtype, optional=(2,))
    yield constant(graph, operator, 1, 2)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    value = graph.input_tensor(operator, 2)
    if value is not None and value.elements != 1:
        yield f"the value to pad with has {value.elements} elements, must have 1"
    if required_input(graph, operator, 1).elements != 2 * len(source.shape):
        yield f"paddings are {required_input(graph, operator, 1).shape}, must be ({len(source.shape)}, 2)"
    paddings = _paddings(graph, operator)
    if any(min(pair) < 0 for pair in paddings):
        yield "a padding is negative"
    expected = tuple(size + sum(pair) for size, pair in zip(source.shape, paddings, strict=True))
    if output.shape != expected or not source.elements:
        yield f"output is {output.shape}, must be {expected} and not empty"
    if len(source.shape) > _LEVELS:
        yield f"{len(source.shape)} dimensions, at most {_LEVELS} are supported"


def _lowered(graph: Graph, operator: Operator, value: Constant) -> Lowered:
    shape = required_input(graph, operator, 0).shape
    levels = merged([(size, *pair) for size, pair in zip(shape, _paddings(graph, operator), strict=True)])
    levels = [(1, 0, 0)] * (_LEVELS - len(levels)) + levels
    named = dict(zip(("kSize", "kBefore", "kAfter"), zip(*levels, strict=True), strict=True))
    geometry = tuple(
        Constant(c_type="int32_t", name=f"{name}{level}", value=number)
        for name, numbers in named.items()
        for level, number in enumerate(numbers)
    )
    return Lowered(constants=(*geometry, value), arguments=("input:0", "output:0"))


def lower_quantized(graph: Graph, operator: Operator) -> Lowered:
    """Pads with the given value, or with the output's zero point: a real 0."""
    given = graph.input_tensor(operator, 2)
    if given is None:
        value = quantization(graph.output_tensor(operator)).zero_points[0]
    else:
        value = int(np.frombuffer(given.data or b"", dtype=f"<i{given.dtype.item_bytes}")[0])
    return _lowered(graph, operator, Constant(c_type="int32_t", name="kValue", value=value))


def lower_f32(graph: Graph, operator: Operator) -> Lowered:
    """Pads with the given value, or with 0."""
    given = graph.input_tensor(operator, 2)
    value = 0.0 if given is None else float(np.frombuffer(given.data or b"", dtype="<f4")[0])
    return _lowered(graph, operator, Constant(c_type="float", name="kValue", value=value))


KERNELS = tuple(
    row
    for kind in ("PAD", "PADV2")
    for row in (
        portable(kind, DataType.INT8, why_not_s8, lower_quantized),
        portable(kind, DataType.INT16, why_not_s16, lower_quantized),
        portable(kind, DataType.FLOAT32, why_not_f32, lower_f32),
    )
)
