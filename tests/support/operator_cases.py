"""One valid single-operator model per kind, dtype and variant: TFLM runs each, tests change one thing at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from tflite_micro import runtime

from profiler.accuracy.interpreter_process import for_tflm
from profiler.graph.options import (
    Activation,
    AddOptions,
    ConcatenationOptions,
    Conv2DOptions,
    DepthwiseConv2DOptions,
    FullyConnectedOptions,
    LeakyReluOptions,
    MulOptions,
    NoOptions,
    Options,
    PackOptions,
    Padding,
    Pool2DOptions,
    ReduceOptions,
    ReshapeOptions,
    ResizeNearestNeighborOptions,
    SequenceLstmOptions,
    SoftmaxOptions,
    SplitOptions,
    SplitVOptions,
    SqueezeOptions,
    StridedSliceOptions,
    SubOptions,
    TransposeConvOptions,
    UnpackOptions,
)
from profiler.graph.tflite_reader import read
from tests.support.sequence_lstm import lstm_inputs, variable
from tests.support.tflite_builder import OperatorSpec, TensorSpec, activation_tensor, build_model, constant_tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One operator: its inputs (those without data and no variables are the model's) and its outputs, mostly one."""

    kind: str
    inputs: tuple[TensorSpec | None, ...]
    output: TensorSpec
    options: Options
    more_outputs: tuple[TensorSpec, ...] = ()

    def build(self) -> bytes:
        inputs = [tensor for tensor in self.inputs if tensor is not None]
        tensors = [*inputs, self.output, *self.more_outputs]
        numbers = iter(range(len(tensors)))
        indices = tuple(-1 if tensor is None else next(numbers) for tensor in self.inputs)
        outputs = tuple(numbers)
        return build_model(
            tensors=tensors,
            operators=[OperatorSpec(kind=self.kind, inputs=indices, outputs=outputs, options=self.options)],
            inputs=[i for i, tensor in enumerate(inputs) if tensor.is_activation] or [0],
            outputs=outputs,
        )


def activation(*shape: int, scale: float = 0.1, zero: int = -3) -> TensorSpec:
    return activation_tensor(shape, scale, zero)


def real(*shape: int) -> TensorSpec:
    return activation_tensor(shape, dtype="float32")


def integers(*values: int, shape: tuple[int, ...] = (-1,)) -> TensorSpec:
    return constant_tensor(np.asarray(values, np.int32).reshape(shape))


def int8_weights(*shape: int, scales: float | Sequence[float], axis: int = 0) -> TensorSpec:
    return constant_tensor(np.full(shape, 3, np.int8), scales, axis=axis)


def int32_bias(channels: int, scales: float | Sequence[float]) -> TensorSpec:
    return constant_tensor(np.arange(channels, dtype=np.int32), scales)


SAME = Conv2DOptions(padding=Padding.SAME, stride_h=1, stride_w=2, activation=Activation.RELU6)
FOUR = (0.01, 0.02, 0.03, 0.04)
CONV = Case(
    kind="CONV_2D",
    inputs=(activation(1, 5, 6, 3), int8_weights(4, 3, 3, 3, scales=FOUR), int32_bias(4, [0.1 * s for s in FOUR])),
    output=activation(1, 5, 3, 4, scale=0.2),
    options=SAME,
)
DEPTHWISE = Case(
    kind="DEPTHWISE_CONV_2D",
    inputs=(
        activation(1, 5, 5, 2),
        int8_weights(1, 2, 3, 4, scales=FOUR, axis=3),
        int32_bias(4, [0.1 * s for s in FOUR]),
    ),
    output=activation(1, 4, 3, 4),
    options=DepthwiseConv2DOptions(padding=Padding.VALID, stride_h=1, stride_w=1, depth_multiplier=2),
)
TRANSPOSE_CONV = Case(
    kind="TRANSPOSE_CONV",
    inputs=(
        integers(1, 6, 5, 4),
        int8_weights(4, 3, 2, 3, scales=FOUR),
        activation(1, 3, 5, 3),
        int32_bias(4, [0.1 * s for s in FOUR]),
    ),
    output=activation(1, 6, 5, 4, scale=0.2),
    options=TransposeConvOptions(padding=Padding.SAME, stride_h=2, stride_w=1, activation=Activation.RELU),
)
DENSE = Case(
    kind="FULLY_CONNECTED",
    inputs=(activation(2, 6), int8_weights(5, 6, scales=0.05), int32_bias(5, 0.1 * 0.05)),
    output=activation(2, 5, scale=0.3),
    options=FullyConnectedOptions(activation=Activation.RELU),
)
LSTM = Case(
    kind="UNIDIRECTIONAL_SEQUENCE_LSTM",
    inputs=lstm_inputs(
        activation(1, 4, 3),
        [int8_weights(5, width, scales=0.01) for width in (3, 3, 3, 3, 5, 5, 5, 5)],
        [int32_bias(5, 0.1 * 0.01)] * 4,
        variable((1, 5), "int8", 1 / 128, 2),
        variable((1, 5), "int16", 1 / 4096),
    ),
    output=activation(1, 4, 5, scale=1 / 128, zero=2),
    options=SequenceLstmOptions(cell_clip=10.0),
)
ADD = Case(
    kind="ADD",
    inputs=(activation(1, 4, 4, 2), activation(1, 4, 4, 2, scale=0.4)),
    output=activation(1, 4, 4, 2, scale=0.3),
    options=AddOptions(activation=Activation.RELU_N1_TO_1),
)
SUB = replace(ADD, kind="SUB", options=SubOptions(activation=Activation.RELU6))
MUL = replace(ADD, kind="MUL", output=activation(1, 4, 4, 2, scale=0.7), options=MulOptions())
MAXIMUM = replace(
    ADD,
    kind="MAXIMUM",
    inputs=(activation(1, 4, 4, 2), activation(4, 1, 2)),
    output=activation(1, 4, 4, 2),
    options=NoOptions(),
)
PRELU = replace(MAXIMUM, kind="PRELU", inputs=(activation(1, 4, 4, 2), int8_weights(2, scales=0.01)))
POOL_OPTIONS = Pool2DOptions(padding=Padding.SAME, stride_h=2, stride_w=2, filter_h=3, filter_w=3)
POOL = Case(
    kind="AVERAGE_POOL_2D", inputs=(activation(1, 5, 5, 2),), output=activation(1, 3, 3, 2), options=POOL_OPTIONS
)
MEAN = Case(
    kind="MEAN",
    inputs=(activation(1, 4, 5, 3), integers(1, -2)),
    output=activation(1, 3, scale=0.05),
    options=ReduceOptions(),
)
PAD = Case(
    kind="PAD",
    inputs=(activation(1, 2, 3, 1), integers(0, 0, 1, 2, 0, 1, 0, 0, shape=(4, 2))),
    output=activation(1, 5, 4, 1),
    options=NoOptions(),
)
PADV2 = replace(PAD, kind="PADV2", inputs=(*PAD.inputs, constant_tensor(np.asarray([7], np.int8), 0.1, -3)))
RESHAPE = Case(
    kind="RESHAPE",
    inputs=(activation(1, 2, 3), integers(1, 6)),
    output=activation(1, 6),
    options=ReshapeOptions(new_shape=(1, 6)),
)
SQUEEZE = Case(
    kind="SQUEEZE", inputs=(activation(1, 2, 1, 3),), output=activation(2, 1, 3), options=SqueezeOptions(axes=(-4,))
)
EXPAND_DIMS = Case(
    kind="EXPAND_DIMS",
    inputs=(activation(1, 2, 3), integers(2)),
    output=activation(1, 2, 1, 3),
    options=NoOptions(),
)
CONCATENATION = Case(
    kind="CONCATENATION",
    inputs=(activation(1, 2, 3, 4), activation(1, 2, 1, 4)),
    output=activation(1, 2, 4, 4),
    options=ConcatenationOptions(axis=-2),
)
PACK = Case(
    kind="PACK",
    inputs=(activation(2, 3), activation(2, 3)),
    output=activation(2, 2, 3),
    options=PackOptions(parts=2, axis=-2),
)
SPLIT = Case(
    kind="SPLIT",
    inputs=(integers(-1), activation(2, 8)),
    output=activation(2, 4),
    more_outputs=(activation(2, 4),),
    options=SplitOptions(parts=2),
)
SPLIT_V = Case(
    kind="SPLIT_V",
    inputs=(activation(2, 8), integers(5, -1), integers(1)),
    output=activation(2, 5),
    more_outputs=(activation(2, 3),),
    options=SplitVOptions(parts=2),
)
UNPACK = Case(
    kind="UNPACK",
    inputs=(activation(3, 2, 4),),
    output=activation(3, 4),
    more_outputs=(activation(3, 4),),
    options=UnpackOptions(parts=2, axis=-2),
)
STRIDED_SLICE = Case(
    kind="STRIDED_SLICE",
    inputs=(activation(1, 5, 6, 3), integers(0, 1, -2, 0), integers(1, 4, -7, 0), integers(1, 2, -1, 1)),
    output=activation(1, 2, 5, 3),
    options=StridedSliceOptions(end_mask=8),
)
SLICE = Case(
    kind="SLICE",
    inputs=(activation(1, 5, 6, 3), integers(0, 2, 1, 0), integers(1, -1, 4, 3)),
    output=activation(1, 3, 4, 3),
    options=NoOptions(),
)
TRANSPOSE = Case(
    kind="TRANSPOSE",
    inputs=(activation(1, 5, 6, 3), integers(0, 3, 1, 2)),
    output=activation(1, 3, 5, 6),
    options=NoOptions(),
)
REVERSE = Case(
    kind="REVERSE_V2",
    inputs=(activation(2, 5, 3), integers(1, -1)),
    output=activation(2, 5, 3),
    options=NoOptions(),
)
TILE = Case(
    kind="TILE",
    inputs=(activation(1, 4, 1, 5, 2), integers(1, 1, 3, 1, 1)),
    output=activation(1, 4, 3, 5, 2),
    options=NoOptions(),
)
RESIZE = Case(
    kind="RESIZE_NEAREST_NEIGHBOR",
    inputs=(activation(1, 4, 5, 2), integers(8, 3)),
    output=activation(1, 8, 3, 2),
    options=ResizeNearestNeighborOptions(half_pixel_centers=True),
)
SOFTMAX = Case(
    kind="SOFTMAX",
    inputs=(activation(1, 10),),
    output=activation(1, 10, scale=1 / 256, zero=-128),
    options=SoftmaxOptions(beta=1.0),
)
RELU = Case(kind="RELU", inputs=(activation(2, 3),), output=activation(2, 3, scale=0.2), options=NoOptions())
RELU6 = Case(kind="RELU6", inputs=(activation(2, 3),), output=activation(2, 3), options=NoOptions())
LOGISTIC = Case(
    kind="LOGISTIC", inputs=(activation(2, 3),), output=activation(2, 3, scale=1 / 256, zero=-128), options=NoOptions()
)
TANH = replace(LOGISTIC, kind="TANH", output=activation(2, 3, scale=1 / 128, zero=0))
LEAKY_RELU = replace(RELU, kind="LEAKY_RELU", options=LeakyReluOptions(alpha=0.3))
HARD_SWISH = replace(RELU, kind="HARD_SWISH")
ELU = replace(RELU, kind="ELU")
QUANTIZE = Case(kind="QUANTIZE", inputs=(real(2, 3),), output=activation(2, 3), options=NoOptions())
DEQUANTIZE = Case(kind="DEQUANTIZE", inputs=(activation(2, 3),), output=real(2, 3), options=NoOptions())
FLOAT_CONV = replace(
    CONV,
    inputs=(
        real(1, 5, 6, 3),
        constant_tensor(np.ones((4, 3, 3, 3), np.float32)),
        constant_tensor(np.ones(4, np.float32)),
    ),
    output=real(1, 5, 3, 4),
)
ZERO_BIAS = constant_tensor(np.zeros(3, np.float32))


def wide(*shape: int, scale: float = 0.001) -> TensorSpec:
    return activation_tensor(shape, scale, 0, dtype="int16")


def int64_bias(channels: int, scales: float | Sequence[float]) -> TensorSpec:
    return constant_tensor(np.arange(channels, dtype=np.int64), scales)


WIDE_CONV = replace(
    CONV,
    inputs=(wide(1, 5, 6, 3), CONV.inputs[1], int64_bias(4, [0.001 * s for s in FOUR])),
    output=wide(1, 5, 3, 4),
)
WIDE_DENSE = replace(
    DENSE,
    inputs=(wide(2, 6), DENSE.inputs[1], int64_bias(5, 0.001 * 0.05)),
    output=wide(2, 5),
)
WIDE_LSTM = replace(
    LSTM,
    inputs=lstm_inputs(
        wide(1, 4, 3),
        LSTM.inputs[1:9],
        [int64_bias(5, 0.001 * 0.01)] * 4,
        variable((1, 5), "int16", 1 / 32768),
        variable((1, 5), "int16", 1 / 4096),
    ),
    output=wide(1, 4, 5, scale=1 / 32768),
)
FLOAT_LSTM = replace(
    LSTM,
    inputs=lstm_inputs(
        real(1, 4, 3),
        [constant_tensor(np.full((5, width), 0.1, np.float32)) for width in (3, 3, 3, 3, 5, 5, 5, 5)],
        [constant_tensor(np.ones(5, np.float32))] * 4,
        variable((1, 5), "float32"),
        variable((1, 5), "float32"),
    ),
    output=real(1, 4, 5),
)


def lstm_with(position: int, tensor: TensorSpec | None, case: Case = LSTM) -> Case:
    """The LSTM with another tensor, or none, as this input."""
    return replace(case, inputs=(*case.inputs[:position], tensor, *case.inputs[position + 1 :]))


RUNS = {
    "lstm": LSTM,
    "lstm int16": WIDE_LSTM,
    "lstm float32": FLOAT_LSTM,
    "lstm, steps first": replace(
        lstm_with(0, activation(4, 1, 3)),
        output=activation(4, 1, 5, scale=1 / 128, zero=2),
        options=SequenceLstmOptions(time_major=True),
    ),
    "conv": CONV,
    "conv without bias": replace(CONV, inputs=CONV.inputs[:2]),
    "conv with an absent bias": replace(CONV, inputs=(*CONV.inputs[:2], None)),
    "conv per tensor": replace(
        CONV, inputs=(CONV.inputs[0], int8_weights(4, 3, 3, 3, scales=0.01), int32_bias(4, 0.001))
    ),
    "conv with a bias that is not quantized": replace(CONV, inputs=(*CONV.inputs[:2], int32_bias(4, ()))),
    "conv float32": FLOAT_CONV,
    "conv int16": WIDE_CONV,
    "conv int16 without bias": replace(WIDE_CONV, inputs=WIDE_CONV.inputs[:2]),
    "conv int16 with a bias of 32 bits": replace(
        WIDE_CONV, inputs=(*WIDE_CONV.inputs[:2], int32_bias(4, [0.001 * s for s in FOUR]))
    ),
    "depthwise int16": replace(
        DEPTHWISE,
        inputs=(wide(1, 5, 5, 2), DEPTHWISE.inputs[1], int64_bias(4, [0.001 * s for s in FOUR])),
        output=wide(1, 4, 3, 4),
    ),
    "dense int16": WIDE_DENSE,
    "dense int16 with a bias of 32 bits": replace(
        WIDE_DENSE, inputs=(*WIDE_DENSE.inputs[:2], int32_bias(5, 0.001 * 0.05))
    ),
    "depthwise": DEPTHWISE,
    "transpose conv": TRANSPOSE_CONV,
    "transpose conv without bias": replace(TRANSPOSE_CONV, inputs=TRANSPOSE_CONV.inputs[:3]),
    "transpose conv, shape at run time": replace(
        TRANSPOSE_CONV, inputs=(activation_tensor((4,), dtype="int32"), *TRANSPOSE_CONV.inputs[1:])
    ),
    "transpose conv int16": replace(
        TRANSPOSE_CONV,
        inputs=(*TRANSPOSE_CONV.inputs[:2], wide(1, 3, 5, 3), int64_bias(4, [0.001 * s for s in FOUR])),
        output=wide(1, 6, 5, 4),
    ),
    "transpose conv float32": replace(
        TRANSPOSE_CONV,
        inputs=(
            TRANSPOSE_CONV.inputs[0],
            constant_tensor(np.ones((4, 3, 2, 3), np.float32)),
            real(1, 3, 5, 3),
            constant_tensor(np.ones(4, np.float32)),
        ),
        output=real(1, 6, 5, 4),
    ),
    "dense": DENSE,
    "dense per channel": replace(
        DENSE,
        inputs=(
            DENSE.inputs[0],
            int8_weights(5, 6, scales=(*FOUR, 0.05)),
            int32_bias(5, [0.1 * s for s in (*FOUR, 0.05)]),
        ),
    ),
    "dense on an image": replace(DENSE, inputs=(activation(2, 1, 2, 3), *DENSE.inputs[1:])),
    "add": ADD,
    "add int16": replace(ADD, inputs=(wide(1, 4, 4, 2), wide(1, 4, 4, 2, scale=0.004)), output=wide(1, 4, 4, 2)),
    "add broadcast": replace(ADD, inputs=(ADD.inputs[0], activation(1, 1, 1, 2))),
    "add a constant": replace(ADD, inputs=(ADD.inputs[0], int8_weights(1, 4, 4, 2, scales=0.1))),
    "sub": SUB,
    "sub int16": replace(SUB, inputs=(wide(1, 4, 4, 2), wide(1, 4, 4, 2, scale=0.004)), output=wide(1, 4, 4, 2)),
    "sub a constant": replace(SUB, inputs=(SUB.inputs[0], int8_weights(2, scales=0.1))),
    "sub from a constant": replace(SUB, inputs=(int8_weights(1, 1, 1, 2, scales=0.1), SUB.inputs[1])),
    "mul": MUL,
    "mul int16": replace(MUL, inputs=(wide(1, 4, 4, 2), wide(4, 1, 2, scale=0.004)), output=wide(1, 4, 4, 2)),
    "mul by a constant": replace(MUL, inputs=(MUL.inputs[0], int8_weights(2, scales=0.1))),
    "mul float32": replace(MUL, inputs=(real(1, 4, 4, 2), real(1, 4, 4, 2)), output=real(1, 4, 4, 2)),
    "maximum": MAXIMUM,
    "maximum float32": replace(MAXIMUM, inputs=(real(1, 4, 4, 2), real(1, 4, 4, 2)), output=real(1, 4, 4, 2)),
    "minimum": replace(MAXIMUM, kind="MINIMUM"),
    "minimum int16": replace(
        MAXIMUM, kind="MINIMUM", inputs=(wide(1, 4, 4, 2), wide(1, 1, 1, 1)), output=wide(1, 4, 4, 2)
    ),
    "prelu": PRELU,
    "prelu int16": replace(PRELU, inputs=(wide(1, 4, 4, 2), PRELU.inputs[1]), output=wide(1, 4, 4, 2)),
    "prelu float32": replace(PRELU, inputs=(real(1, 4, 4, 2), real(4, 4, 2)), output=real(1, 4, 4, 2)),
    "average pool": POOL,
    "max pool": replace(POOL, kind="MAX_POOL_2D"),
    "max pool float32": replace(POOL, kind="MAX_POOL_2D", inputs=(real(1, 5, 5, 2),), output=real(1, 3, 3, 2)),
    "mean": MEAN,
    "mean with kept dimensions": replace(MEAN, output=activation(1, 1, 1, 3), options=ReduceOptions(keep_dims=True)),
    "pad": PAD,
    "padv2": PADV2,
    "reshape": RESHAPE,
    "reshape without a shape": replace(RESHAPE, inputs=RESHAPE.inputs[:1]),
    "squeeze": SQUEEZE,
    "squeeze every dimension of size 1": replace(SQUEEZE, output=activation(2, 3), options=SqueezeOptions()),
    "expand dims": EXPAND_DIMS,
    "expand dims at the end": replace(
        EXPAND_DIMS, inputs=(activation(1, 2, 3), integers(-1)), output=activation(1, 2, 3, 1)
    ),
    "concatenation": CONCATENATION,
    "concatenation of ten": replace(
        CONCATENATION, inputs=(activation(1, 2, 1, 4),) * 10, output=activation(1, 2, 10, 4)
    ),
    "concatenation with a constant": replace(
        CONCATENATION,
        inputs=(CONCATENATION.inputs[0], constant_tensor(np.ones((1, 2, 1, 4), np.int8), 0.1, -3)),
    ),
    "concatenation int16": replace(CONCATENATION, inputs=(wide(1, 2, 3, 4), wide(1, 2, 1, 4)), output=wide(1, 2, 4, 4)),
    "pack": PACK,
    "pack of eleven": replace(
        PACK, inputs=(activation(2, 3),) * 11, output=activation(11, 2, 3), options=PackOptions(parts=11, axis=0)
    ),
    "pack int16": replace(PACK, inputs=(wide(2, 3),) * 2, output=wide(2, 2, 3)),
    "pack float32": replace(PACK, inputs=(real(2, 3),) * 2, output=real(2, 2, 3)),
    "split": SPLIT,
    "split int16": replace(SPLIT, inputs=(SPLIT.inputs[0], wide(2, 8)), output=wide(2, 4), more_outputs=(wide(2, 4),)),
    "split into one": replace(SPLIT, output=activation(2, 8), more_outputs=(), options=SplitOptions(parts=1)),
    "split by lengths": SPLIT_V,
    "split by lengths of 64 bits": replace(
        SPLIT_V, inputs=(SPLIT_V.inputs[0], constant_tensor(np.asarray([5, 3])), SPLIT_V.inputs[2])
    ),
    "split by lengths float32": replace(
        SPLIT_V, inputs=(real(2, 8), *SPLIT_V.inputs[1:]), output=real(2, 5), more_outputs=(real(2, 3),)
    ),
    "unpack": UNPACK,
    "unpack int16": replace(UNPACK, inputs=(wide(3, 2, 4),), output=wide(3, 4), more_outputs=(wide(3, 4),)),
    "strided slice": STRIDED_SLICE,
    "strided slice of everything, backwards": replace(
        STRIDED_SLICE,
        inputs=(activation(3, 4), integers(9, 9), integers(9, 9), integers(-1, -1)),
        output=activation(3, 4),
        options=StridedSliceOptions(begin_mask=3, end_mask=3),
    ),
    "strided slice that drops a dimension": replace(
        STRIDED_SLICE, output=activation(2, 5, 3), options=StridedSliceOptions(end_mask=8, shrink_axis_mask=1)
    ),
    "slice": SLICE,
    "transpose": TRANSPOSE,
    "reverse": REVERSE,
    "reverse to another scale": replace(REVERSE, output=activation(2, 5, 3, scale=0.2)),
    "tile": TILE,
    "resize": RESIZE,
    "resize with aligned corners": replace(RESIZE, options=ResizeNearestNeighborOptions(align_corners=True)),
    "softmax": SOFTMAX,
    "softmax int16": replace(SOFTMAX, inputs=(wide(1, 10),), output=wide(1, 10, scale=1 / 32768)),
    "softmax float32": replace(SOFTMAX, inputs=(real(1, 10),), output=real(1, 10)),
    "relu": RELU,
    "relu6": RELU6,
    "logistic": LOGISTIC,
    "logistic int16": replace(LOGISTIC, inputs=(wide(2, 3),), output=wide(2, 3, scale=1 / 32768)),
    "logistic float32": replace(LOGISTIC, inputs=(real(2, 3),), output=real(2, 3)),
    "tanh": TANH,
    "tanh int16": replace(TANH, inputs=(wide(2, 3),), output=wide(2, 3, scale=1 / 32768)),
    "leaky relu": LEAKY_RELU,
    "leaky relu int16": replace(LEAKY_RELU, inputs=(wide(2, 3),), output=wide(2, 3, scale=0.003)),
    "leaky relu float32": replace(LEAKY_RELU, inputs=(real(2, 3),), output=real(2, 3)),
    "leaky relu that falls": replace(LEAKY_RELU, options=LeakyReluOptions(alpha=-0.5)),
    "hard swish": HARD_SWISH,
    "hard swish float32": replace(HARD_SWISH, inputs=(real(2, 3),), output=real(2, 3)),
    "elu": ELU,
    "elu float32": replace(ELU, inputs=(real(2, 3),), output=real(2, 3)),
    "quantize": QUANTIZE,
    "quantize int16": replace(QUANTIZE, output=wide(2, 3)),
    "narrow": replace(QUANTIZE, inputs=(wide(2, 3),)),
    "widen": replace(QUANTIZE, inputs=(activation(2, 3),), output=wide(2, 3)),
    "dequantize int16": replace(DEQUANTIZE, inputs=(wide(2, 3),)),
    "requantize": replace(QUANTIZE, inputs=(activation(2, 3, scale=0.7),)),
    "dequantize": DEQUANTIZE,
}


def run_in_tflm(model: bytes) -> None:
    """Raises RuntimeError when TFLM refuses the model, in which TILE is written as BROADCAST_TO."""
    graph = read(model)
    model = for_tflm(model) if any(operator.kind == "TILE" for operator in graph.operators) else model
    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 18)
    for position, index in enumerate(graph.inputs):
        tensor = graph.tensors[index]
        interpreter.set_input(np.zeros(tensor.shape, tensor.dtype.value), position)
    interpreter.invoke()
