"""What TFLite stores beside an operator, one dataclass per kind that has any."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Padding(StrEnum):
    SAME = "same"
    VALID = "valid"


class Activation(StrEnum):
    NONE = "none"
    RELU = "relu"
    RELU_N1_TO_1 = "relu_n1_to_1"
    RELU6 = "relu6"
    TANH = "tanh"
    SIGN_BIT = "sign_bit"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOptions:
    """Operators whose behaviour is told by their tensors alone (PAD, QUANTIZE, RELU, …)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conv2DOptions:
    padding: Padding
    stride_h: int
    stride_w: int
    dilation_h: int = 1
    dilation_w: int = 1
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthwiseConv2DOptions:
    padding: Padding
    stride_h: int
    stride_w: int
    depth_multiplier: int
    dilation_h: int = 1
    dilation_w: int = 1
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class TransposeConvOptions:
    padding: Padding
    stride_h: int
    stride_w: int
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class FullyConnectedOptions:
    activation: Activation = Activation.NONE
    keep_num_dims: bool = False
    weights_format: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SubOptions:
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class MulOptions:
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakyReluOptions:
    alpha: float = 0.0  # what negative values are multiplied by


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool2DOptions:
    padding: Padding
    stride_h: int
    stride_w: int
    filter_h: int
    filter_w: int
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceOptions:
    keep_dims: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReshapeOptions:
    new_shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SqueezeOptions:
    axes: tuple[int, ...] = ()  # none: every dimension of size 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcatenationOptions:
    axis: int = 0
    activation: Activation = Activation.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOptions:
    parts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitVOptions:
    parts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackOptions:
    parts: int = 0
    axis: int = 0  # of the input


@dataclass(frozen=True, slots=True, kw_only=True)
class PackOptions:
    parts: int = 0
    axis: int = 0  # of the output


@dataclass(frozen=True, slots=True, kw_only=True)
class StridedSliceOptions:
    """Bit n of a mask is about axis n: begin or end left out, axis dropped from the output."""

    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False  # ends count from begins


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeNearestNeighborOptions:
    align_corners: bool = False
    half_pixel_centers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxOptions:
    beta: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceLstmOptions:
    """`cell_clip` bounds the cell state, 0 does not; with `time_major` the steps are the first dimension."""

    activation: Activation = Activation.TANH
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    time_major: bool = False
    diagonal_recurrent_weights: bool = False


Options = (
    NoOptions
    | Conv2DOptions
    | DepthwiseConv2DOptions
    | TransposeConvOptions
    | FullyConnectedOptions
    | AddOptions
    | SubOptions
    | MulOptions
    | LeakyReluOptions
    | Pool2DOptions
    | ReduceOptions
    | ReshapeOptions
    | SqueezeOptions
    | ConcatenationOptions
    | SplitOptions
    | SplitVOptions
    | UnpackOptions
    | PackOptions
    | StridedSliceOptions
    | ResizeNearestNeighborOptions
    | SoftmaxOptions
    | SequenceLstmOptions
)
