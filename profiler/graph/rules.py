"""Building blocks of the consistency rules: each yields what is wrong with a tensor, with what to do about it."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation

CONVERT_HINT = "Convert the model with full integer quantization (int8 or int16x8), or leave all of it in float32."
CONSTANT_HINT = "Freeze the model before converting it, so that weights become constants."
WRITER_HINT = "The model contradicts itself: report it to the tool that wrote it, or convert it with another version."
CALIBRATE_HINT = "Such scales come from a broken calibration; quantize again with representative data."

_FUSED = (Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1)
_BOUNDS = {Activation.RELU6: 6.0, Activation.RELU_N1_TO_1: 1.0}
_STEPS_LIMIT = 2.0**31 - 2.0**9  # room for the zero point and for the rounding of float32
_SAME_SCALE_TOLERANCE = 1e-6  # absolute, as in TFLite's pooling kernels
_BIAS_TOLERANCE = 0.02  # of an output step, as in TFLite's GetQuantizedConvolutionMultipler
_MULTIPLIER_LIMIT = 2.0**30  # beyond it a fixed-point multiplier would need a left shift of 31 bits
_PRODUCT_MULTIPLIER_LIMIT_INT16 = 2.0**7  # of TFLite's MultiplyByQuantizedMultiplier for 64-bit sums
_BIAS_LIMIT_INT64 = 2**46  # leaves room for the products in the 48 bits of such a sum
QUANTIZED = (DataType.INT8, DataType.INT16)  # of activations


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason why an operator cannot be run, and what the user can do."""

    reason: str
    hint: str


def text(tensor: Tensor) -> str:
    """A tensor as errors name it; its name in the model is not trusted and stays out."""
    return f"tensor {tensor.index} ({tensor.dtype.value} {list(tensor.shape)})"


def required(graph: Graph, operator: Operator, position: int) -> Tensor:
    """An input that the operator's row in the table demands. Raises ValueError when it is absent."""
    tensor = graph.input_tensor(operator, position)
    if tensor is None:
        raise ValueError(f"operator {operator.index} ({operator.kind}) has no input {position}")
    return tensor


def of_type(tensor: Tensor, dtype: DataType, what: str) -> Iterator[Finding]:
    """The tensor's elements have this type."""
    if tensor.dtype is not dtype:
        yield Finding(reason=f"{what} is {tensor.dtype.value}, must be {dtype.value}", hint=CONVERT_HINT)


def of_rank(tensor: Tensor, rank: int, what: str) -> Iterator[Finding]:
    """The tensor has this number of dimensions."""
    if len(tensor.shape) != rank:
        yield Finding(reason=f"{what} has shape {list(tensor.shape)}, must have {rank} dimensions", hint=WRITER_HINT)


def of_shape(tensor: Tensor, shape: tuple[int, ...], what: str) -> Iterator[Finding]:
    """The tensor has exactly this shape."""
    if tensor.shape != shape:
        yield Finding(reason=f"{what} has shape {list(tensor.shape)}, must have {list(shape)}", hint=WRITER_HINT)


def finite(tensor: Tensor | None, what: str) -> Iterator[Finding]:
    """A float32 constant holds numbers only."""
    if tensor is None or tensor.dtype is not DataType.FLOAT32 or tensor.data is None:
        return
    import numpy as np  # not above: quantized models have no such constants

    if not np.isfinite(np.frombuffer(tensor.data, dtype="<f4")).all():
        yield Finding(
            reason=f"{what} has values that are infinite or no numbers", hint="Train or export the model again."
        )


def activation_is_clamp(activation: Activation, output: Tensor) -> Iterator[Finding]:
    """The fused activation is none or clamps, at bounds that can be written in steps of the output's scale."""
    yield from bound_expressible(_BOUNDS.get(activation, 0.0), output)
    if activation not in _FUSED:
        known = ", ".join(choice.value for choice in _FUSED)
        yield Finding(
            reason=f"fused activation {activation.value} is not supported, these are: {known}",
            hint="Use another activation, or make it a layer of its own.",
        )


def bound_expressible(bound: float, output: Tensor) -> Iterator[Finding]:
    """`bound` divided by a quantized tensor's scale is a 32-bit integer."""
    if output.dtype not in QUANTIZED or output.quantization is None:
        return
    scale = output.quantization.scales[0]
    if bound / scale > _STEPS_LIMIT:
        yield Finding(
            reason=f"tensor {output.index} has scale {scale:g}, too small for a clamp at {bound:g}", hint=CALIBRATE_HINT
        )


def quantized_per_tensor(tensor: Tensor, what: str) -> Iterator[Finding]:
    """An int8 or int16 tensor has one scale and one zero point, which for int16 is 0; other types need none."""
    if tensor.dtype not in QUANTIZED:
        return
    if tensor.quantization is None:
        yield Finding(reason=f"{what} is {tensor.dtype.value} without scale and zero point", hint=CONVERT_HINT)
    elif tensor.quantization.per_channel:
        yield Finding(reason=f"{what} is quantized per channel, only weights can be", hint=CONVERT_HINT)
    elif tensor.dtype is DataType.INT16 and tensor.quantization.zero_points != (0,):
        zero_point = tensor.quantization.zero_points[0]
        yield Finding(reason=f"{what} is int16 with zero point {zero_point}, must be 0", hint=CONVERT_HINT)


def same_quantization(one: Tensor, other: Tensor, why: str) -> Iterator[Finding]:
    """Two quantized tensors share scale and zero point, because `why`."""
    if one.dtype not in QUANTIZED:
        return
    first, second = one.quantization, other.quantization
    if first is None or second is None:
        return  # reported by quantized_per_tensor
    apart = abs(first.scales[0] - second.scales[0]) > _SAME_SCALE_TOLERANCE
    if apart or first.zero_points[0] != second.zero_points[0]:
        yield Finding(
            reason=f"tensors {one.index} and {other.index} are quantized differently "
            f"({first.scales[0]:g}, {first.zero_points[0]} and {second.scales[0]:g}, {second.zero_points[0]}), {why}",
            hint="Convert the model again; the converter keeps both the same.",
        )


def multiplier_defined(real: float, what: str, *, limit: float = _MULTIPLIER_LIMIT) -> Iterator[Finding]:
    """A ratio of scales can be written as a 32-bit multiplier and a shift, which `limit` bounds."""
    if not (math.isfinite(real) and 0 < real < limit):
        yield Finding(
            reason=f"{what} is {real:g}, outside what fixed-point arithmetic can express",
            hint=CALIBRATE_HINT,
        )


def like_input(source: Tensor, output: Tensor) -> Iterator[Finding]:
    """The output is of the input's type, and both are quantized as activations are."""
    if output.dtype is not source.dtype:
        types = f"{output.dtype.value}, input is {source.dtype.value}"
        yield Finding(reason=f"output is {types}", hint=CONVERT_HINT)
    yield from quantized_per_tensor(source, "input")
    yield from quantized_per_tensor(output, "output")


def rescales(source: Tensor, output: Tensor, *, limit: float = _MULTIPLIER_LIMIT) -> Iterator[Finding]:
    """The ratio of the scales, where both are quantized, can be written in fixed point and is below `limit`."""
    if source.dtype in QUANTIZED and source.quantization is not None and output.quantization is not None:
        ratio = source.quantization.scales[0] / output.quantization.scales[0]
        yield from multiplier_defined(ratio, "input scale ÷ output scale", limit=limit)


def fixed_output(
    output: Tensor, name: str, *, int8: tuple[float, int], int16: float, tolerance: float
) -> Iterator[Finding]:
    """The output is quantized as the function always is: int8 with exactly this scale and zero point, int16 with this
    scale, within `tolerance` of it."""
    if output.quantization is None:
        return  # reported by quantized_per_tensor
    scale, zero_point = output.quantization.scales[0], output.quantization.zero_points[0]
    if output.dtype is DataType.INT8 and (scale, zero_point) != int8:
        yield Finding(
            reason=f"output has scale {scale:g} and zero point {zero_point}, "
            f"{name} has 1/{1 / int8[0]:g} and {int8[1]}",
            hint=f"Convert the model again; the converter gives {name} these values in int8.",
        )
    if output.dtype is DataType.INT16 and abs(scale - int16) > tolerance * int16:
        yield Finding(
            reason=f"output has scale {scale:g}, {name} has 1/{1 / int16:g}",
            hint=f"Convert the model again; the converter gives {name} this value in int16.",
        )


def weights_quantized(weights: Tensor, *, channels: int, axis: int) -> Iterator[Finding]:
    """int8 weights have one scale, or one per output channel along `axis`, and zero points of 0."""
    if weights.dtype is not DataType.INT8:
        return
    quantization = weights.quantization
    if quantization is None:
        yield Finding(reason="weights are int8 without scale and zero point", hint=CONVERT_HINT)
        return
    if quantization.per_channel and (quantization.axis != axis or len(quantization.scales) != channels):
        yield Finding(
            reason=f"weights have {len(quantization.scales)} scales along axis {quantization.axis}, "
            f"must have {channels} along axis {axis}",
            hint=WRITER_HINT,
        )
    if any(quantization.zero_points):
        yield Finding(
            reason="weights have a zero point that is not 0, which int8 kernels do not support",
            hint="Convert the model with symmetric weights, as the converter does for int8.",
        )


def bias_fits(bias: Tensor | None, source: Tensor, weights: Tensor, output: Tensor) -> Iterator[Finding]:
    """The bias has one value per output channel, and (int8, int16) the scale of the products it is added to."""
    if bias is None:
        return
    channels = output.shape[-1]
    if bias.elements != channels:
        yield Finding(reason=f"bias has {bias.elements} values for {channels} output channels", hint=WRITER_HINT)
    yield from bias_typed(bias, source)
    if source.dtype in QUANTIZED and bias.quantization is not None:
        yield from _bias_scale_is_product(bias, source, weights, output)


def bias_typed(bias: Tensor, source: Tensor) -> Iterator[Finding]:
    """The bias has the type that goes with the type of the values, and no value that overflows the sum."""
    if source.dtype is not DataType.INT16:
        yield from of_type(bias, DataType.INT32 if source.dtype is DataType.INT8 else DataType.FLOAT32, "bias")
    elif bias.dtype is not DataType.INT32:  # which TFLM takes too, but for depthwise convolutions
        yield from of_type(bias, DataType.INT64, "bias")
    if bias.dtype is DataType.INT64 and bias.data is not None:
        largest = max((abs(value) for (value,) in struct.iter_unpack("<q", bias.data)), default=0)
        if largest > _BIAS_LIMIT_INT64:
            yield Finding(reason=f"bias has a value of {largest}, beyond 46 bits", hint=CALIBRATE_HINT)


def _bias_scale_is_product(bias: Tensor, source: Tensor, weights: Tensor, output: Tensor) -> Iterator[Finding]:
    if bias.quantization is None or any(tensor.quantization is None for tensor in (source, weights, output)):
        return
    scales = [tensor.quantization.scales for tensor in (source, weights, output) if tensor.quantization]
    (source_scale,), weight_scales, (output_scale,) = scales
    bias_scales = bias.quantization.scales
    if len(bias_scales) not in (1, len(weight_scales)):
        yield Finding(reason=f"bias has {len(bias_scales)} scales, weights {len(weight_scales)}", hint=WRITER_HINT)
        return
    if any(bias.quantization.zero_points):
        yield Finding(reason="bias has a zero point that is not 0", hint=WRITER_HINT)
    if len(bias_scales) == 1:
        bias_scales *= len(weight_scales)
    for channel, (weight_scale, bias_scale) in enumerate(zip(weight_scales, bias_scales, strict=True)):
        product = source_scale * weight_scale
        if abs(product - bias_scale) / output_scale > _BIAS_TOLERANCE:
            yield Finding(
                reason=f"bias scale {bias_scale:g} of channel {channel} is not input scale × weight scale {product:g}",
                hint=WRITER_HINT,
            )
            return


def product_limit(dtype: DataType) -> float:
    """What input scale × weight scale ÷ output scale must be below, for values of this type."""
    return _PRODUCT_MULTIPLIER_LIMIT_INT16 if dtype is DataType.INT16 else _MULTIPLIER_LIMIT


def product_multipliers(source: Tensor, weights: Tensor, output: Tensor) -> Iterator[Finding]:
    """input scale × weight scale ÷ output scale is expressible for every channel."""
    parameters = [tensor.quantization for tensor in (source, weights, output)]
    if source.dtype not in QUANTIZED or any(parameter is None for parameter in parameters):
        return
    limit = product_limit(source.dtype)
    (source_scale,), weight_scales, (output_scale,) = (parameter.scales for parameter in parameters if parameter)
    for extreme in (min(weight_scales), max(weight_scales)):
        ratio = source_scale * extreme / output_scale
        yield from multiplier_defined(ratio, "input × weight scale ÷ output scale", limit=limit)
