"""What generates operators for each row of the kernel table, by operator kind and type of the first input."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.kernels import windows
from tests.kernels.operators import OperatorCase

GENERATORS: dict[tuple[str, str], st.SearchStrategy[OperatorCase]] = {
    ("CONV_2D", "int8"): windows.conv_2d("int8"),
    ("CONV_2D", "float32"): windows.conv_2d("float32"),
}
