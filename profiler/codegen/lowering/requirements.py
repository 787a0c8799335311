"""What a kernel may require of an operator: each function gives the reason it is not met, or None when it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from profiler.codegen.fixed_point import FUSED_ACTIVATIONS, INTEGER_LIMITS
from profiler.codegen.lowering.geometry import WindowOptions, window_of
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation, Options

_OptionsT = TypeVar("_OptionsT", bound=Options)


def first_reason(reasons: Iterable[str | None]) -> str | None:
    """The first reason there is; later ones are not evaluated when `reasons` is a generator."""
    return next((reason for reason in reasons if reason is not None), None)


def required_input(graph: Graph, operator: Operator, position: int) -> Tensor:
    """An input that `why_not` has found present. Raises ValueError when it is absent."""
    tensor = graph.input_tensor(operator, position)
    if tensor is None:
        raise ValueError(f"operator {operator.index} ({operator.kind}) has no input {position}")
    return tensor


def options_as(operator: Operator, kind: type[_OptionsT]) -> _OptionsT:
    """The operator's options, which `why_not` has found to be of this kind. Raises TypeError when they are not."""
    if not isinstance(operator.options, kind):
        raise TypeError(f"operator {operator.index} ({operator.kind}) has no {kind.__name__}")
    return operator.options


def tensors_typed(
    graph: Graph,
    operator: Operator,
    inputs: Sequence[DataType],
    output: DataType,
    *,
    optional: Sequence[int] = (),
    several_outputs: bool = False,
) -> str | None:
    """Inputs of these types in order (those at `optional` positions may be absent) and one output of that type, or
    `several_outputs`, all of it."""
    for position, dtype in enumerate(inputs):
        tensor = graph.input_tensor(operator, position)
        if tensor is None and position not in optional:
            return f"input {position} is absent"
        if tensor is not None and tensor.dtype is not dtype:
            return f"input {position} is {tensor.dtype.value}, must be {dtype.value}"
    if len(operator.outputs) != 1 and not several_outputs:
        return f"has {len(operator.outputs)} outputs, must have 1"
    for result in (graph.tensors[index] for index in operator.outputs):
        if result.dtype is not output:
            return f"output is {result.dtype.value}, must be {output.value}"
    return None


def constant(graph: Graph, operator: Operator, *positions: int) -> str | None:
    """The inputs at these positions, where present, are constants."""
    for position in positions:
        tensor = graph.input_tensor(operator, position)
        if tensor is not None and not tensor.is_constant:
            return f"input {position} is computed at run time, must be a constant"
    return None


def quantized_per_tensor(*tensors: Tensor) -> str | None:
    """One positive scale and one zero point each: for int8 any int8, for int16 only 0."""
    for tensor in tensors:
        parameters = tensor.quantization
        if parameters is None or len(parameters.scales) != 1:
            return f"tensor {tensor.index} must have one scale"
        if not parameters.scales[0] > 0.0:
            return f"tensor {tensor.index} has scale {parameters.scales[0]}, must be positive"
        low, high = (0, 0) if tensor.dtype is DataType.INT16 else INTEGER_LIMITS[DataType.INT8]
        if not low <= parameters.zero_points[0] <= high:
            wanted = "an int8" if low else "0"
            return f"tensor {tensor.index} has zero point {parameters.zero_points[0]}, must be {wanted}"
    return None


def quantized_weights(weights: Tensor, *, channels: int, axis: int) -> str | None:
    """One scale, or one per output channel along `axis`; every zero point is 0."""
    parameters = weights.quantization
    if parameters is None or len(parameters.scales) not in (1, channels):
        return f"weights must have one scale or {channels}"
    if parameters.per_channel and parameters.axis != axis:
        return f"weights are quantized along axis {parameters.axis}, must be {axis}"
    if any(parameters.zero_points):
        return "weights have a zero point that is not 0"
    return None if min(parameters.scales) > 0.0 else "weights have a scale that is not positive"


def same_quantization(one: Tensor, other: Tensor) -> str | None:
    """Equal zero points and, within TFLite's 1e-6, equal scales."""
    first, second = one.quantization, other.quantization
    if first is None or second is None:
        return "tensors are not quantized"
    if abs(first.scales[0] - second.scales[0]) > 1e-6 or first.zero_points[0] != second.zero_points[0]:
        return "input and output are quantized differently"
    return None


def activation_known(activation: Activation) -> str | None:
    """The fused activation is one that clamps."""
    return None if activation in FUSED_ACTIVATIONS else f"fused activation {activation.value} is not supported"


def same_size(one: Tensor, other: Tensor) -> str | None:
    """Both tensors have the same number of elements."""
    return None if one.elements == other.elements else f"{one.shape} and {other.shape} differ in size"


def rank(tensor: Tensor, expected: int) -> str | None:
    """The tensor has `expected` dimensions, none of them empty."""
    if len(tensor.shape) != expected:
        return f"tensor {tensor.index} has {len(tensor.shape)} dimensions, must have {expected}"
    return None if tensor.elements else f"tensor {tensor.index} is empty"


def window_fits(graph: Graph, operator: Operator, options: WindowOptions) -> str | None:
    """Strides are positive, and the output has the size that input, filter, strides and padding give."""
    if min(options.stride_h, options.stride_w) < 1:
        return "strides must be positive"
    window = window_of(graph, operator)
    if min(window.height.filter_size, window.width.filter_size, window.height.dilation, window.width.dilation) < 1:
        return "filter sizes and dilations must be positive"
    expected = (window.batches, window.height.output_size, window.width.output_size)
    found = graph.output_tensor(operator).shape[:3]
    return None if found == expected and min(found) > 0 else f"output is {found}, must be {expected} (N, H, W)"
