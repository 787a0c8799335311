"""Per-channel constants of int8 convolutions and fully connected layers: folded biases, multipliers, shifts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiler.codegen.fixed_point import activation_range, quantize_multiplier
from profiler.codegen.lowering.requirements import required_input
from profiler.codegen.model import Blob, Constant
from profiler.graph.model import DataType, Graph, Operator, Quantization, Tensor
from profiler.graph.options import Activation

Int8Array = npt.NDArray[np.int8]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecords:
    """Per-channel constants as one blob, and where a kernel finds what in a record."""

    blob: Blob
    constants: tuple[Constant, ...]  # kChannelRecord: int32 a record; kEdgeBias: position of the bias without folding


@dataclass(frozen=True, slots=True, kw_only=True)
class Accumulation:
    """How the sum of weight * input of each output channel becomes an int8, for all channels of a layer."""

    bias: Int32Array  # as the model has it; zeros without one
    folded_bias: Int32Array  # bias - input_zero_point * sum(weights): what raw inputs need where no tap is padded
    multipliers: Int32Array
    shifts: Int32Array
    input_zero_point: int
    constants: tuple[Constant, ...]  # kInputZeroPoint, kOutputZeroPoint, kOutputMin, kOutputMax, kAllShiftsRight

    def channel_records(self, *, padded: bool) -> ChannelRecords:
        """Records of int32, one per channel: folded bias, multiplier, shift and, where windows are `padded` and the
        padding would be anything but 0, the plain bias."""
        columns = [self.folded_bias, self.multipliers, self.shifts]
        at_edges = padded and self.input_zero_point != 0
        records = np.stack([*columns, self.bias] if at_edges else columns, axis=1)
        return ChannelRecords(
            blob=Blob(name="channels", c_type="int32_t", data=little_endian(records)),
            constants=(
                Constant(c_type="int32_t", name="kChannelRecord", value=records.shape[1]),
                Constant(c_type="int32_t", name="kEdgeBias", value=3 if at_edges else 0),
            ),
        )


def accumulation_of(
    graph: Graph,
    operator: Operator,
    weights: Int8Array,
    activation: Activation,
) -> Accumulation:
    """Constants of an operator (input, weights, bias) → output; `weights` has shape (output channels, everything else).

    Multipliers as TFLite's `PopulateConvolutionQuantizationParams`: input scale * weight scale / output scale in
    double precision; so does TFLM's interpreter for one scale of all channels (tests/kernels/test_scale_products.py).
    """
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    channels = weights.shape[0]
    bias = int32_values(graph.input_tensor(operator, 2), channels)
    source_q, weights_q, output_q = (
        quantization(tensor) for tensor in (source, required_input(graph, operator, 1), output)
    )
    pairs = [quantize_multiplier(source_q.scales[0] * s / output_q.scales[0]) for s in weights_q.scales]
    multipliers, shifts = (np.array(column, dtype=np.int32) for column in zip(*pairs, strict=True))
    zero_point = source_q.zero_points[0]
    folded = bias.astype(np.int64) - zero_point * weights.astype(np.int64).sum(axis=1)
    return Accumulation(
        bias=bias,
        folded_bias=folded.astype(np.int32),
        multipliers=np.broadcast_to(multipliers, (channels,)),
        shifts=np.broadcast_to(shifts, (channels,)),
        input_zero_point=zero_point,
        constants=_constants(zero_point, output_q, activation, shifts),
    )


def _constants(
    zero_point: int, output: Quantization, activation: Activation, shifts: Int32Array
) -> tuple[Constant, ...]:
    low, high = activation_range(DataType.INT8, activation, output.scales[0], output.zero_points[0])
    return (
        Constant(c_type="int32_t", name="kInputZeroPoint", value=zero_point),
        Constant(c_type="int32_t", name="kOutputZeroPoint", value=output.zero_points[0]),
        Constant(c_type="int32_t", name="kOutputMin", value=low),
        Constant(c_type="int32_t", name="kOutputMax", value=high),
        Constant(c_type="bool", name="kAllShiftsRight", value=bool((shifts < 0).all())),
    )


def quantization(tensor: Tensor) -> Quantization:
    """The tensor's quantization. Raises ValueError when it has none."""
    if tensor.quantization is None:
        raise ValueError(f"tensor {tensor.index} is not quantized")
    return tensor.quantization


def int8_values(tensor: Tensor) -> Int8Array:
    """A constant int8 tensor's values in its shape."""
    return np.frombuffer(tensor.data or b"", dtype=np.int8).reshape(tensor.shape)


def int32_values(tensor: Tensor | None, count: int) -> Int32Array:
    """A constant int32 tensor's values, or `count` zeros when there is no tensor."""
    if tensor is None:
        return np.zeros(count, dtype=np.int32)
    return np.frombuffer(tensor.data or b"", dtype="<i4").astype(np.int32)


def little_endian(values: npt.NDArray[np.generic]) -> bytes:
    """The array's bytes, row-major and little-endian on every host."""
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes()
