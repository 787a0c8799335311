"""What float32 convolutions and fully connected layers share: weights as float32, or as int8 with scales.

Models with dynamic-range quantization have int8 weights between float32 tensors. The values stay int8 in flash and are
scaled once per output, so the arithmetic is float32 throughout. TFLM refuses such models; LiteRT quantizes activations
on the way and is less accurate (docs/correctness.md).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from profiler.codegen.fixed_point import activation_range_f32
from profiler.codegen.lowering.accumulation import little_endian, quantization
from profiler.codegen.lowering.requirements import quantized_weights, required_input
from profiler.codegen.model import Blob, Constant
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation

FloatOrInt8Array = npt.NDArray[np.float32] | npt.NDArray[np.int8]
WEIGHT_C_TYPES = {DataType.FLOAT32: "float", DataType.INT8: "int8_t"}
_NUMPY_TYPES = {DataType.FLOAT32: "<f4", DataType.INT8: "i1"}


def weights_dtype(graph: Graph, operator: Operator) -> DataType:
    """The type that input 1 must have: int8 if it is, else float32."""
    weights = graph.input_tensor(operator, 1)
    return DataType.INT8 if weights is not None and weights.dtype is DataType.INT8 else DataType.FLOAT32


def why_not_weights(graph: Graph, operator: Operator, *, channel_axis: int) -> str | None:
    """Why these weights cannot be used, or None; int8 ones need scales."""
    weights = required_input(graph, operator, 1)
    if weights.dtype is DataType.FLOAT32:
        return None
    return quantized_weights(weights, channels=weights.shape[channel_axis], axis=channel_axis)


def float_or_int8_values(tensor: Tensor) -> FloatOrInt8Array:
    """A constant float32 or int8 tensor's values in its shape."""
    return np.frombuffer(tensor.data or b"", dtype=_NUMPY_TYPES[tensor.dtype]).reshape(tensor.shape)


def product_blobs(
    graph: Graph,
    operator: Operator,
    *,
    channel_axis: int,
    pack: Callable[[FloatOrInt8Array], FloatOrInt8Array] = lambda weights: weights,
) -> tuple[Blob, Blob]:
    """Blobs "weights", in the order that `pack` gives them, and "channels": (bias[, scale of the weights]) each."""
    weights, bias = required_input(graph, operator, 1), graph.input_tensor(operator, 2)
    count = weights.shape[channel_axis]
    values = pack(float_or_int8_values(weights))
    columns = [np.zeros(count, "<f4") if bias is None else np.frombuffer(bias.data or b"", dtype="<f4")]
    if weights.dtype is DataType.INT8:
        columns.append(np.broadcast_to(np.array(quantization(weights).scales, dtype="<f4"), (count,)))
    return (
        Blob(
            name="weights",
            c_type=WEIGHT_C_TYPES[weights.dtype],
            data=little_endian(values),
        ),
        Blob(name="channels", c_type="float", data=little_endian(np.stack(columns, axis=1))),
    )


def product_constants(graph: Graph, operator: Operator, activation: Activation) -> tuple[Constant, ...]:
    """What `finish_f32` reads: kScaledWeights and the clamp."""
    scaled = weights_dtype(graph, operator) is DataType.INT8
    return (Constant(c_type="bool", name="kScaledWeights", value=scaled), *clamp_constants(activation))


def clamp_constants(activation: Activation) -> tuple[Constant, ...]:
    """The fused activation of a float32 kernel as `clamp_f32` reads it."""
    low, high = activation_range_f32(activation)
    return (
        Constant(c_type="bool", name="kClamps", value=activation is not Activation.NONE),
        Constant(c_type="float", name="kOutputMin", value=low),
        Constant(c_type="float", name="kOutputMax", value=high),
    )
