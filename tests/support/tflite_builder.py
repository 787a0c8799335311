"""Builds small `.tflite` files for tests, right and, where a test asks for it, wrong ones: nothing is validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import tflite

from profiler.graph.model import Graph
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

_DATA_ALIGNMENT_BYTES = 16  # what the TFLite schema asks of Buffer.data
_SCHEMA_VERSION = 3
_LAST_DEPRECATED_CODE = 127  # builtin codes above this one do not fit into the deprecated byte
_PADDING = {Padding.SAME: tflite.Padding.SAME, Padding.VALID: tflite.Padding.VALID}


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorSpec:
    """One tensor to write. `data` may be bytes, to write a buffer that does not suit the shape."""

    shape: tuple[int, ...]
    dtype: str = "int8"
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    axis: int = 0
    data: npt.NDArray[Any] | bytes | None = None
    name: str = "tensor"
    buffer: int | None = None  # None: a buffer of its own
    is_variable: bool = False
    shape_signature: tuple[int, ...] = ()

    @property
    def is_activation(self) -> bool:
        """Whether its values are given or computed: no constant, no state."""
        return self.data is None and not self.is_variable


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSpec:
    """One operator to write. A kind that TFLite does not know becomes a custom operator of that name."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Options = field(default_factory=NoOptions)
    version: int = 1


def activation_tensor(
    shape: Sequence[int], scale: float = 0.0, zero_point: int = 0, *, dtype: str = "int8", name: str = "activation"
) -> TensorSpec:
    """A tensor computed at run time; `scale` 0 leaves it without quantization (float32)."""
    quantized = {"scales": (scale,), "zero_points": (zero_point,)} if scale else {}
    return TensorSpec(shape=tuple(shape), dtype=dtype, name=name, **quantized)  # type: ignore[arg-type]


def constant_tensor(
    values: npt.NDArray[Any],
    scales: float | Sequence[float] = (),
    zero_points: int | Sequence[int] = 0,
    *,
    axis: int = 0,
    name: str = "constant",
) -> TensorSpec:
    """A constant with the array's shape and dtype; one scale, one per channel along `axis`, or none."""
    scale_list = tuple(np.atleast_1d(np.asarray(scales, dtype=np.float32)).tolist())
    zero_list = tuple(np.broadcast_to(np.asarray(zero_points, dtype=np.int64), (len(scale_list),)).tolist())
    return TensorSpec(
        shape=values.shape,
        dtype=str(values.dtype),
        scales=scale_list,
        zero_points=zero_list,
        axis=axis,
        data=values,
        name=name,
    )


def build_model(
    *,
    tensors: Sequence[TensorSpec],
    operators: Sequence[OperatorSpec],
    inputs: Sequence[int],
    outputs: Sequence[int],
    description: str = "built for a test",
    subgraph_count: int = 1,
    identifier: bytes = b"TFL3",
    external: Sequence[tuple[int, int]] = (),
) -> bytes:
    """The model as file bytes. Tensor, operator, input and output numbers are positions in the given sequences.

    The last constants' buffers become (offset, size) pairs of `external`, as in models above 2 GB.
    """
    builder = flatbuffers.Builder(4096)
    codes = list(dict.fromkeys((operator.kind, operator.version) for operator in operators))
    data = [b""] + [_data_bytes(tensor) for tensor in tensors if tensor.data is not None]
    buffers = [_buffer(builder, content) for content in data[: len(data) - len(external)]]
    buffers += [_table(builder, "Buffer", Offset=offset, Size=size) for offset, size in external]
    subgraphs = [_subgraph(builder, tensors, operators, inputs, outputs, codes) for _ in range(subgraph_count)]
    fields = {
        "OperatorCodes": _offsets(builder, [_operator_code(builder, *code) for code in codes]),
        "Subgraphs": _offsets(builder, subgraphs),
        "Buffers": _offsets(builder, buffers),
        "Description": builder.CreateString(description),
    }
    builder.Finish(_table(builder, "Model", Version=_SCHEMA_VERSION, **fields), identifier)
    return bytes(builder.Output())


def specs_of(graph: Graph) -> tuple[list[TensorSpec], list[OperatorSpec]]:
    """Tensors and operators of a graph as specs: to write it again with something changed."""
    tensors = [
        TensorSpec(
            shape=tensor.shape,
            dtype=tensor.dtype.value,
            scales=tensor.quantization.scales if tensor.quantization else (),
            zero_points=tensor.quantization.zero_points if tensor.quantization else (),
            axis=tensor.quantization.axis if tensor.quantization else 0,
            data=tensor.data,
            name=tensor.name,
            is_variable=tensor.is_variable,
        )
        for tensor in graph.tensors
    ]
    operators = [
        OperatorSpec(
            kind=operator.kind,
            inputs=operator.inputs,
            outputs=operator.outputs,
            options=operator.options or NoOptions(),
            version=operator.version,
        )
        for operator in graph.operators
    ]
    return tensors, operators


def _subgraph(
    builder: Any,
    tensors: Sequence[TensorSpec],
    operators: Sequence[OperatorSpec],
    inputs: Sequence[int],
    outputs: Sequence[int],
    codes: list[tuple[str, int]],
) -> int:
    numbers = iter(range(1, len(tensors) + 1))
    buffer_of = [0 if tensor.data is None else next(numbers) for tensor in tensors]
    written = [_operator(builder, operator, codes.index((operator.kind, operator.version))) for operator in operators]
    fields = {
        "Tensors": _offsets(builder, [_tensor(builder, *pair) for pair in zip(tensors, buffer_of, strict=True)]),
        "Operators": _offsets(builder, written),
        "Inputs": _vector(builder, inputs, np.int32),
        "Outputs": _vector(builder, outputs, np.int32),
        "Name": builder.CreateString("main"),
    }
    return _table(builder, "SubGraph", **fields)


def _tensor(builder: Any, tensor: TensorSpec, buffer: int) -> int:
    fields: dict[str, Any] = {
        "Shape": _vector(builder, tensor.shape, np.int32),
        "Type": getattr(tflite.TensorType, tensor.dtype.upper()),
        "Buffer": buffer if tensor.buffer is None else tensor.buffer,
        "Name": builder.CreateString(tensor.name),
        "IsVariable": tensor.is_variable,
    }
    if tensor.shape_signature:
        fields["ShapeSignature"] = _vector(builder, tensor.shape_signature, np.int32)
    if tensor.scales:
        fields["Quantization"] = _table(
            builder,
            "QuantizationParameters",
            Scale=_vector(builder, tensor.scales, np.float32),
            ZeroPoint=_vector(builder, tensor.zero_points, np.int64),
            QuantizedDimension=tensor.axis,
        )
    return _table(builder, "Tensor", **fields)


def _operator_code(builder: Any, kind: str, version: int) -> int:
    builtin = getattr(tflite.BuiltinOperator, kind, None)
    extra = {}
    if builtin is None:
        builtin, extra = tflite.BuiltinOperator.CUSTOM, {"CustomCode": builder.CreateString(kind)}
    deprecated = min(builtin, _LAST_DEPRECATED_CODE)
    return _table(
        builder, "OperatorCode", DeprecatedBuiltinCode=deprecated, BuiltinCode=builtin, Version=version, **extra
    )


def _operator(builder: Any, operator: OperatorSpec, opcode_index: int) -> int:
    fields: dict[str, Any] = {
        "OpcodeIndex": opcode_index,
        "Inputs": _vector(builder, operator.inputs, np.int32),
        "Outputs": _vector(builder, operator.outputs, np.int32),
    }
    name, options = _options(builder, operator.options)
    if name:
        fields["BuiltinOptions"] = _table(builder, name, **options)
        fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, name)
    return _table(builder, "Operator", **fields)


def _activation(activation: Activation) -> int:
    return int(getattr(tflite.ActivationFunctionType, activation.value.upper()))


def _convolution(options: Conv2DOptions | DepthwiseConv2DOptions) -> dict[str, int]:
    return {
        "Padding": _PADDING[options.padding],
        "StrideH": options.stride_h,
        "StrideW": options.stride_w,
        "DilationHFactor": options.dilation_h,
        "DilationWFactor": options.dilation_w,
        "FusedActivationFunction": _activation(options.activation),
    }


def _options(builder: Any, options: Options) -> tuple[str, dict[str, Any]]:
    """Name of the schema's table and its fields; no name when the kind has no options."""
    name, fields = _OPTIONS[type(options)]
    return name, fields(builder, options)


def _fully_connected(options: FullyConnectedOptions) -> dict[str, Any]:
    return {
        "FusedActivationFunction": _activation(options.activation),
        "KeepNumDims": options.keep_num_dims,
        "WeightsFormat": options.weights_format,
    }


def _pool(options: Pool2DOptions) -> dict[str, int]:
    return {
        "Padding": _PADDING[options.padding],
        "StrideH": options.stride_h,
        "StrideW": options.stride_w,
        "FilterHeight": options.filter_h,
        "FilterWidth": options.filter_w,
        "FusedActivationFunction": _activation(options.activation),
    }


# By options: the schema's table and what gives its fields.
_OPTIONS: Mapping[type, tuple[str, Callable[[Any, Any], dict[str, Any]]]] = {
    NoOptions: ("", lambda _, __: {}),
    Conv2DOptions: ("Conv2DOptions", lambda _, options: _convolution(options)),
    DepthwiseConv2DOptions: (
        "DepthwiseConv2DOptions",
        lambda _, options: _convolution(options) | {"DepthMultiplier": options.depth_multiplier},
    ),
    TransposeConvOptions: (
        "TransposeConvOptions",
        lambda _, options: {
            "Padding": _PADDING[options.padding],
            "StrideH": options.stride_h,
            "StrideW": options.stride_w,
            "FusedActivationFunction": _activation(options.activation),
        },
    ),
    Pool2DOptions: ("Pool2DOptions", lambda _, options: _pool(options)),
    FullyConnectedOptions: ("FullyConnectedOptions", lambda _, options: _fully_connected(options)),
    AddOptions: ("AddOptions", lambda _, options: {"FusedActivationFunction": _activation(options.activation)}),
    SubOptions: ("SubOptions", lambda _, options: {"FusedActivationFunction": _activation(options.activation)}),
    MulOptions: ("MulOptions", lambda _, options: {"FusedActivationFunction": _activation(options.activation)}),
    LeakyReluOptions: ("LeakyReluOptions", lambda _, options: {"Alpha": options.alpha}),
    ReduceOptions: ("ReducerOptions", lambda _, options: {"KeepDims": options.keep_dims}),
    ReshapeOptions: (
        "ReshapeOptions",
        lambda builder, options: {"NewShape": _vector(builder, options.new_shape, np.int32)},
    ),
    SqueezeOptions: (
        "SqueezeOptions",
        lambda builder, options: {"SqueezeDims": _vector(builder, options.axes, np.int32)},
    ),
    ConcatenationOptions: (
        "ConcatenationOptions",
        lambda _, options: {"Axis": options.axis, "FusedActivationFunction": _activation(options.activation)},
    ),
    SplitOptions: ("SplitOptions", lambda _, options: {"NumSplits": options.parts}),
    SplitVOptions: ("SplitVOptions", lambda _, options: {"NumSplits": options.parts}),
    UnpackOptions: ("UnpackOptions", lambda _, options: {"Num": options.parts, "Axis": options.axis}),
    PackOptions: ("PackOptions", lambda _, options: {"ValuesCount": options.parts, "Axis": options.axis}),
    StridedSliceOptions: (
        "StridedSliceOptions",
        lambda _, options: {
            "BeginMask": options.begin_mask,
            "EndMask": options.end_mask,
            "EllipsisMask": options.ellipsis_mask,
            "NewAxisMask": options.new_axis_mask,
            "ShrinkAxisMask": options.shrink_axis_mask,
            "Offset": options.offset,
        },
    ),
    ResizeNearestNeighborOptions: (
        "ResizeNearestNeighborOptions",
        lambda _, options: {
            "AlignCorners": options.align_corners,
            "HalfPixelCenters": options.half_pixel_centers,
        },
    ),
    SoftmaxOptions: ("SoftmaxOptions", lambda _, options: {"Beta": options.beta}),
    SequenceLstmOptions: (
        "UnidirectionalSequenceLSTMOptions",
        lambda _, options: {
            "FusedActivationFunction": _activation(options.activation),
            "CellClip": options.cell_clip,
            "ProjClip": options.projection_clip,
            "TimeMajor": options.time_major,
            "DiagonalRecurrentTensors": options.diagonal_recurrent_weights,
        },
    ),
}


def _data_bytes(tensor: TensorSpec) -> bytes:
    if isinstance(tensor.data, bytes):
        return tensor.data
    array = np.asarray(tensor.data)
    return array.astype(array.dtype.newbyteorder("<")).tobytes()


def _buffer(builder: Any, content: bytes) -> int:
    if not content:
        return _table(builder, "Buffer")
    builder.StartVector(1, len(content), _DATA_ALIGNMENT_BYTES)
    builder.head -= len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return _table(builder, "Buffer", Data=builder.EndVector())


def _table(builder: Any, name: str, **fields: Any) -> int:
    """One table through the schema's generated functions, e.g. TensorStart, TensorAddShape, TensorEnd."""
    getattr(tflite, f"{name}Start")(builder)
    for name_of_field, value in fields.items():
        getattr(tflite, f"{name}Add{name_of_field}")(builder, value)
    return int(getattr(tflite, f"{name}End")(builder))


def _vector(builder: Any, values: Sequence[int] | Sequence[float], dtype: type) -> int:
    return int(builder.CreateNumpyVector(np.asarray(values, dtype=dtype)))


def _offsets(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
