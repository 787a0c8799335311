"""Per-channel constants of convolutions and fully connected layers with int16 activations and int8 weights."""

from __future__ import annotations

import numpy as np

from profiler.codegen.fixed_point import activation_range, quantize_multiplier, reduced_multiplier
from profiler.codegen.lowering.accumulation import Int8Array, int32_values, little_endian, quantization
from profiler.codegen.lowering.lanes import lane_blob, lane_constant
from profiler.codegen.lowering.requirements import required_input
from profiler.codegen.model import Blob, Constant, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator, Tensor
from profiler.graph.options import Activation

NARROW_TERMS = 511  # products of an int16 and an int8 whose sum fits an int32: 511 × 2^22 < 2^31
_BIAS = 2  # position among the inputs


def bias_type(graph: Graph, operator: Operator) -> DataType:
    """The type the bias must have: int64 as the converter writes it, or int32 where the model has that."""
    bias = graph.input_tensor(operator, _BIAS)
    return DataType.INT32 if bias is not None and bias.dtype is DataType.INT32 else DataType.INT64


def lowered_s16(
    graph: Graph,
    operator: Operator,
    weights: Int8Array,
    activation: Activation,
    *,
    geometry: tuple[Constant, ...],
    lanes: int,
) -> Lowered:
    """An operator (input, weights, bias) → output for the portable int16 kernels; `weights` has shape (output
    channels, everything else).

    With an int64 bias, or none, sums are scaled by 16 bits of the multiplier and rounded once, with an int32 bias by 31
    bits and rounded twice: TFLite's two `MultiplyByQuantizedMultiplier`.
    """
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    source_q, weights_q, output_q = (
        quantization(tensor) for tensor in (source, required_input(graph, operator, 1), output)
    )
    channels, wide_bias = weights.shape[0], bias_type(graph, operator) is DataType.INT64
    pairs = [quantize_multiplier(source_q.scales[0] * s / output_q.scales[0]) for s in weights_q.scales]
    multipliers, shifts = (np.broadcast_to(column, (channels,)) for column in zip(*pairs, strict=True))
    bias = graph.input_tensor(operator, _BIAS)
    if wide_bias:
        halves = int64_values(bias, channels).view("<i4").reshape(channels, 2).T
        columns = [*halves, np.array([reduced_multiplier(int(m)) for m in multipliers]), 15 - shifts]
    else:
        columns = [int32_values(bias, channels), multipliers, shifts]
    low, high = activation_range(DataType.INT16, activation, output_q.scales[0], output_q.zero_points[0])
    integers = {"kInputZeroPoint": 0, "kOutputMin": low, "kOutputMax": high, "kChannelRecord": len(columns)}
    records = np.stack(columns, axis=1).astype(np.int32)
    return Lowered(
        constants=(
            *geometry,
            *int32_constants(integers),
            Constant(c_type="bool", name="kWideBias", value=wide_bias),
            Constant(c_type="bool", name="kWideSums", value=weights.shape[1] > NARROW_TERMS),
            lane_constant(lanes),
        ),
        arguments=("input:0", "blob:weights", "blob:channels", "output:0"),
        blobs=(
            lane_blob(weights, lanes),
            Blob(name="channels", c_type="int32_t", data=little_endian(records)),
        ),
    )


def int64_values(tensor: Tensor | None, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """A constant int64 tensor's values, or `count` zeros when there is no tensor."""
    if tensor is None:
        return np.zeros(count, dtype="<i8")
    return np.frombuffer(tensor.data or b"", dtype="<i8")
