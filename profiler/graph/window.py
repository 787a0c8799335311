"""Sliding windows: the output size that input, filter, stride, dilation and padding give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from profiler.graph.options import Padding
from profiler.graph.rules import WRITER_HINT, Finding


def window_output_size(padding: Padding, input_size: int, filter_size: int, stride: int, dilation: int = 1) -> int:
    """Output elements along one axis, as TFLite's ComputeOutSize; 0 or less when no window fits."""
    reach = (filter_size - 1) * dilation + 1
    first_elements = input_size if padding is Padding.SAME else input_size - reach + 1
    return -(-first_elements // stride)


def window_findings(sizes: Sequence[int]) -> Iterator[Finding]:
    """Strides, dilations and filter sizes are all positive."""
    if min(sizes) < 1:
        yield Finding(reason=f"strides, dilations and filter sizes {list(sizes)} must be positive", hint=WRITER_HINT)
