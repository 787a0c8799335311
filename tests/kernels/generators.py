"""What generates operators for each row of the kernel table."""

from __future__ import annotations

from hypothesis import strategies as st

from profiler.codegen.model import Kernel
from tests.kernels import elements, moves, parts, products, recurrent, reductions, windows
from tests.kernels.operators import OperatorCase

Generator = st.SearchStrategy[OperatorCase]

# By operator kind and type of the first input; and, for rows that take few of those operators, by kernel.
GENERATORS: dict[tuple[str, str], Generator] = {
    ("QUANTIZE", "int8"): elements.rescale("QUANTIZE", "int8", "int8"),
    ("QUANTIZE", "int16"): elements.rescale("QUANTIZE", "int16", "int16"),
    ("QUANTIZE", "float32"): elements.rescale("QUANTIZE", "float32", "int8"),
    ("DEQUANTIZE", "int8"): elements.rescale("DEQUANTIZE", "int8", "float32"),
    ("DEQUANTIZE", "int16"): elements.rescale("DEQUANTIZE", "int16", "float32"),
}
for _dtype in ("int8", "int16", "float32"):
    GENERATORS |= {
        ("CONV_2D", _dtype): windows.conv_2d(_dtype),
        ("DEPTHWISE_CONV_2D", _dtype): windows.depthwise_conv_2d(_dtype),
        ("TRANSPOSE_CONV", _dtype): windows.transpose_conv(_dtype),
        ("FULLY_CONNECTED", _dtype): products.fully_connected(_dtype),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", _dtype): recurrent.sequence_lstm(_dtype),
        ("AVERAGE_POOL_2D", _dtype): windows.pool_2d("AVERAGE_POOL_2D", _dtype),
        ("MAX_POOL_2D", _dtype): windows.pool_2d("MAX_POOL_2D", _dtype),
        ("MEAN", _dtype): reductions.mean(_dtype),
        ("SOFTMAX", _dtype): reductions.softmax(_dtype),
        ("ADD", _dtype): elements.pair("ADD", _dtype),
        ("SUB", _dtype): elements.pair("SUB", _dtype),
        ("MUL", _dtype): elements.pair("MUL", _dtype),
        ("RELU", _dtype): elements.rescale("RELU", _dtype, _dtype),
        ("RELU6", _dtype): elements.rescale("RELU6", _dtype, _dtype),
        ("LOGISTIC", _dtype): elements.sigmoid("LOGISTIC", _dtype),
        ("TANH", _dtype): elements.sigmoid("TANH", _dtype),
        ("LEAKY_RELU", _dtype): elements.bend("LEAKY_RELU", _dtype),
        ("HARD_SWISH", _dtype): elements.bend("HARD_SWISH", _dtype),
        ("ELU", _dtype): elements.bend("ELU", _dtype),
        ("PRELU", _dtype): elements.prelu(_dtype),
        ("MAXIMUM", _dtype): elements.extreme("MAXIMUM", _dtype),
        ("MINIMUM", _dtype): elements.extreme("MINIMUM", _dtype),
        ("RESHAPE", _dtype): elements.reshape(_dtype),
        ("SQUEEZE", _dtype): moves.squeeze(_dtype),
        ("EXPAND_DIMS", _dtype): moves.expand_dims(_dtype),
        ("STRIDED_SLICE", _dtype): moves.strided_slice(_dtype),
        ("SLICE", _dtype): moves.slice_(_dtype),
        ("TRANSPOSE", _dtype): moves.transpose(_dtype),
        ("TILE", _dtype): moves.tile(_dtype),
        ("RESIZE_NEAREST_NEIGHBOR", _dtype): moves.resize_nearest_neighbor(_dtype),
        ("REVERSE_V2", _dtype): moves.reverse(_dtype),
        ("CONCATENATION", _dtype): parts.concatenation(_dtype),
        ("PACK", _dtype): parts.pack(_dtype),
        ("UNPACK", _dtype): parts.unpack(_dtype),
        ("SPLIT", _dtype): parts.split(_dtype),
        ("SPLIT_V", _dtype): parts.split_v(_dtype),
        ("PAD", _dtype): elements.pad("PAD", _dtype),
        ("PADV2", _dtype): elements.pad("PADV2", _dtype),
    }

OF_KERNEL: dict[str, Generator] = {
    "conv_2d_s8_dsp_strip": windows.conv_2d_strip(),
    "quantize_s8_to_s16_ref": elements.rescale("QUANTIZE", "int8", "int16"),
    "quantize_s16_to_s8_ref": elements.rescale("QUANTIZE", "int16", "int8"),
    "quantize_f32_to_s16_ref": elements.rescale("QUANTIZE", "float32", "int16"),
}


def generator_of(row: Kernel) -> Generator | None:
    """What makes operators that the row is likely to accept; None for a row that was forgotten here."""
    return OF_KERNEL.get(row.name, GENERATORS.get((row.kind, row.dtype)))
