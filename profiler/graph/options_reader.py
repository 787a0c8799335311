"""How each operator kind's options are stored in the file: one reader a kind, in one table.

Field numbers and enumerations are those of TensorFlow Lite's schema (schema.fbs, version 3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from profiler.graph.flatbuffer import Table, damaged
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

_PADDINGS = (Padding.SAME, Padding.VALID)
_ACTIVATIONS = (
    Activation.NONE,
    Activation.RELU,
    Activation.RELU_N1_TO_1,
    Activation.RELU6,
    Activation.TANH,
    Activation.SIGN_BIT,
)


_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsReader:
    """`union_type` is the options table's number in the schema's BuiltinOptions union."""

    union_type: int
    read: Callable[[Table], Options]
    when_absent: Options | None = None  # None: the operator makes no sense without its options


def read_options(kind: str, union_type: int, table: Table | None, where: str) -> Options | None:
    """Options of one operator; None for kinds this version does not know.

    Raises ModelError when the operator carries the options of another kind, or values the schema does not define.
    """
    if kind in KINDS_WITHOUT_OPTIONS:
        return NoOptions()
    reader = READERS.get(kind)
    if reader is None:
        return None
    if table is None or union_type == 0:
        if reader.when_absent is None:
            damaged(f"{where} ({kind})", "its options are missing")
        return reader.when_absent
    if union_type != reader.union_type:
        damaged(f"{where} ({kind})", f"it has options of type {union_type}, its kind has type {reader.union_type}")
    return reader.read(table)


def _choice(table: Table, field: int, choices: tuple[_Choice, ...], what: str) -> _Choice:
    number = table.integer(field, "b")
    if not 0 <= number < len(choices):
        damaged(table.where, f"{what} {number} is not in the schema")
    return choices[number]


def _padding(table: Table, field: int) -> Padding:
    return _choice(table, field, _PADDINGS, "padding")


def _activation(table: Table, field: int) -> Activation:
    return _choice(table, field, _ACTIVATIONS, "fused activation")


def _conv_2d(table: Table) -> Conv2DOptions:
    return Conv2DOptions(
        padding=_padding(table, 0),
        stride_w=table.integer(1, "i"),
        stride_h=table.integer(2, "i"),
        activation=_activation(table, 3),
        dilation_w=table.integer(4, "i", default=1),
        dilation_h=table.integer(5, "i", default=1),
    )


def _depthwise_conv_2d(table: Table) -> DepthwiseConv2DOptions:
    return DepthwiseConv2DOptions(
        padding=_padding(table, 0),
        stride_w=table.integer(1, "i"),
        stride_h=table.integer(2, "i"),
        depth_multiplier=table.integer(3, "i"),
        activation=_activation(table, 4),
        dilation_w=table.integer(5, "i", default=1),
        dilation_h=table.integer(6, "i", default=1),
    )


def _transpose_conv(table: Table) -> TransposeConvOptions:
    return TransposeConvOptions(
        padding=_padding(table, 0),
        stride_w=table.integer(1, "i"),
        stride_h=table.integer(2, "i"),
        activation=_activation(table, 3),
    )


def _pool_2d(table: Table) -> Pool2DOptions:
    return Pool2DOptions(
        padding=_padding(table, 0),
        stride_w=table.integer(1, "i"),
        stride_h=table.integer(2, "i"),
        filter_w=table.integer(3, "i"),
        filter_h=table.integer(4, "i"),
        activation=_activation(table, 5),
    )


def _fully_connected(table: Table) -> FullyConnectedOptions:
    return FullyConnectedOptions(
        activation=_activation(table, 0),
        weights_format=table.integer(1, "b"),
        keep_num_dims=table.boolean(2),
    )


def _softmax(table: Table) -> SoftmaxOptions:
    return SoftmaxOptions(beta=table.real(0))


def _sequence_lstm(table: Table) -> SequenceLstmOptions:
    return SequenceLstmOptions(
        activation=_activation(table, 0),
        cell_clip=table.real(1),
        projection_clip=table.real(2),
        time_major=table.boolean(3),
        diagonal_recurrent_weights=table.boolean(5),
    )


def _add(table: Table) -> AddOptions:
    return AddOptions(activation=_activation(table, 0))


def _sub(table: Table) -> SubOptions:
    return SubOptions(activation=_activation(table, 0))


def _mul(table: Table) -> MulOptions:
    return MulOptions(activation=_activation(table, 0))


def _leaky_relu(table: Table) -> LeakyReluOptions:
    return LeakyReluOptions(alpha=table.real(0))


def _reshape(table: Table) -> ReshapeOptions:
    return ReshapeOptions(new_shape=table.integers(0, "i", "new shape"))


def _squeeze(table: Table) -> SqueezeOptions:
    return SqueezeOptions(axes=table.integers(0, "i", "axes"))


def _concatenation(table: Table) -> ConcatenationOptions:
    return ConcatenationOptions(axis=table.integer(0, "i"), activation=_activation(table, 1))


def _split(table: Table) -> SplitOptions:
    return SplitOptions(parts=table.integer(0, "i"))


def _split_v(table: Table) -> SplitVOptions:
    return SplitVOptions(parts=table.integer(0, "i"))


def _unpack(table: Table) -> UnpackOptions:
    return UnpackOptions(parts=table.integer(0, "i"), axis=table.integer(1, "i"))


def _pack(table: Table) -> PackOptions:
    return PackOptions(parts=table.integer(0, "i"), axis=table.integer(1, "i"))


def _strided_slice(table: Table) -> StridedSliceOptions:
    return StridedSliceOptions(
        begin_mask=table.integer(0, "i"),
        end_mask=table.integer(1, "i"),
        ellipsis_mask=table.integer(2, "i"),
        new_axis_mask=table.integer(3, "i"),
        shrink_axis_mask=table.integer(4, "i"),
        offset=table.boolean(5),
    )


def _resize_nearest_neighbor(table: Table) -> ResizeNearestNeighborOptions:
    return ResizeNearestNeighborOptions(align_corners=table.boolean(0), half_pixel_centers=table.boolean(1))


def _reduce(table: Table) -> ReduceOptions:
    return ReduceOptions(keep_dims=table.boolean(0))


READERS: Mapping[str, OptionsReader] = {
    "CONV_2D": OptionsReader(union_type=1, read=_conv_2d),
    "DEPTHWISE_CONV_2D": OptionsReader(union_type=2, read=_depthwise_conv_2d),
    "TRANSPOSE_CONV": OptionsReader(union_type=49, read=_transpose_conv),
    "AVERAGE_POOL_2D": OptionsReader(union_type=5, read=_pool_2d),
    "MAX_POOL_2D": OptionsReader(union_type=5, read=_pool_2d),
    "FULLY_CONNECTED": OptionsReader(union_type=8, read=_fully_connected),
    "SOFTMAX": OptionsReader(union_type=9, read=_softmax),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": OptionsReader(union_type=71, read=_sequence_lstm),
    "ADD": OptionsReader(union_type=11, read=_add, when_absent=AddOptions()),
    "SUB": OptionsReader(union_type=28, read=_sub, when_absent=SubOptions()),
    "MUL": OptionsReader(union_type=21, read=_mul, when_absent=MulOptions()),
    "LEAKY_RELU": OptionsReader(union_type=75, read=_leaky_relu),
    "RESHAPE": OptionsReader(union_type=17, read=_reshape, when_absent=ReshapeOptions()),
    "SQUEEZE": OptionsReader(union_type=30, read=_squeeze, when_absent=SqueezeOptions()),
    "CONCATENATION": OptionsReader(union_type=10, read=_concatenation),
    "SPLIT": OptionsReader(union_type=35, read=_split),
    "SPLIT_V": OptionsReader(union_type=79, read=_split_v),
    "UNPACK": OptionsReader(union_type=64, read=_unpack),
    "PACK": OptionsReader(union_type=59, read=_pack),
    "STRIDED_SLICE": OptionsReader(union_type=32, read=_strided_slice),
    "RESIZE_NEAREST_NEIGHBOR": OptionsReader(
        union_type=74, read=_resize_nearest_neighbor, when_absent=ResizeNearestNeighborOptions()
    ),
    "MEAN": OptionsReader(union_type=27, read=_reduce, when_absent=ReduceOptions()),
}
KINDS_WITHOUT_OPTIONS = frozenset(
    {
        "PAD",
        "PADV2",
        "EXPAND_DIMS",
        "SLICE",
        "TRANSPOSE",
        "REVERSE_V2",
        "TILE",
        "RELU",
        "RELU6",
        "LOGISTIC",
        "TANH",
        "HARD_SWISH",
        "ELU",
        "PRELU",
        "MAXIMUM",
        "MINIMUM",
        "QUANTIZE",
        "DEQUANTIZE",
    }
)
