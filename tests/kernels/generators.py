"""What generates operators for each row of the kernel table, by operator kind and type of the first input."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.kernels import products, reductions, windows
from tests.kernels.operators import OperatorCase

GENERATORS: dict[tuple[str, str], st.SearchStrategy[OperatorCase]] = {
    ("CONV_2D", "int8"): windows.conv_2d("int8"),
    ("CONV_2D", "float32"): windows.conv_2d("float32"),
    ("DEPTHWISE_CONV_2D", "int8"): windows.depthwise_conv_2d("int8"),
    ("DEPTHWISE_CONV_2D", "float32"): windows.depthwise_conv_2d("float32"),
    ("FULLY_CONNECTED", "int8"): products.fully_connected("int8"),
    ("FULLY_CONNECTED", "float32"): products.fully_connected("float32"),
    ("AVERAGE_POOL_2D", "int8"): windows.pool_2d("AVERAGE_POOL_2D", "int8"),
    ("AVERAGE_POOL_2D", "float32"): windows.pool_2d("AVERAGE_POOL_2D", "float32"),
    ("MAX_POOL_2D", "int8"): windows.pool_2d("MAX_POOL_2D", "int8"),
    ("MAX_POOL_2D", "float32"): windows.pool_2d("MAX_POOL_2D", "float32"),
    ("MEAN", "int8"): reductions.mean("int8"),
    ("MEAN", "float32"): reductions.mean("float32"),
}
