"""RESIZE_NEAREST_NEIGHBOR: portable kernels, int8, int16 and float32, that look up which row and column to copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from profiler.codegen.lowering.accumulation import int32_values, little_endian
from profiler.codegen.lowering.requirements import (
    constant,
    first_reason,
    options_as,
    rank,
    required_input,
    tensors_typed,
)
from profiler.codegen.lowering.rows import portable
from profiler.codegen.model import Blob, Lowered, int32_constants
from profiler.graph.model import DataType, Graph, Operator
from profiler.graph.options import ResizeNearestNeighborOptions

_INDEX_LIMIT = 2**16  # indices are uint16


def why_not(dtype: DataType) -> Callable[[Graph, Operator], str | None]:
    """Tells why values of `dtype` cannot be resized, or None; their quantization does not matter."""
    return lambda graph, operator: first_reason(_reasons(graph, operator, dtype))


def _reasons(graph: Graph, operator: Operator, dtype: DataType) -> Iterator[str | None]:
    if not isinstance(operator.options, ResizeNearestNeighborOptions):
        yield "has no RESIZE_NEAREST_NEIGHBOR options"
    yield tensors_typed(graph, operator, (dtype, DataType.INT32), dtype)
    yield constant(graph, operator, 1)
    source, output = required_input(graph, operator, 0), graph.output_tensor(operator)
    yield rank(source, 4)
    yield rank(output, 4)
    size = tuple(int(number) for number in int32_values(required_input(graph, operator, 1), 0))
    expected = (source.shape[0], *size, source.shape[3])
    if output.shape != expected:
        yield f"output is {output.shape}, must be {expected}"
    if max(source.shape[1:3]) > _INDEX_LIMIT:
        yield f"a side of the input is longer than {_INDEX_LIMIT}"


def nearest(output_size: int, input_size: int, options: ResizeNearestNeighborOptions) -> npt.NDArray[np.uint16]:
    """The input's index for each of the output's along one axis, in float32 as TFLite's GetNearestNeighbor."""
    aligned = options.align_corners and output_size > 1
    lengths = (input_size - 1, output_size - 1) if aligned else (input_size, output_size)
    scale = np.float32(lengths[0]) / np.float32(lengths[1])
    offset = np.float32(0.5 if options.half_pixel_centers else 0.0)
    places = (np.arange(output_size, dtype=np.float32) + offset) * scale
    rounded = np.floor(places.astype(np.float64) + (0.5 if options.align_corners else 0.0))
    return np.clip(rounded, 0, input_size - 1).astype(np.uint16)


def lower(graph: Graph, operator: Operator) -> Lowered:
    """Blobs "rows" and "columns": of the input, one for each of the output."""
    options = options_as(operator, ResizeNearestNeighborOptions)
    batches, input_h, input_w, channels = required_input(graph, operator, 0).shape
    _, output_h, output_w, _ = graph.output_tensor(operator).shape
    values = {
        "kBatches": batches,
        "kInputHeight": input_h,
        "kInputWidth": input_w,
        "kOutputHeight": output_h,
        "kOutputWidth": output_w,
        "kChannels": channels,
    }
    tables = {"rows": nearest(output_h, input_h, options), "columns": nearest(output_w, input_w, options)}
    return Lowered(
        constants=int32_constants(values),
        arguments=("input:0", "blob:rows", "blob:columns", "output:0"),
        blobs=tuple(Blob(name=name, c_type="uint16_t", data=little_endian(table)) for name, table in tables.items()),
    )


KERNELS = tuple(
    portable("RESIZE_NEAREST_NEIGHBOR", dtype, why_not(dtype), lower)
    for dtype in (DataType.INT8, DataType.INT16, DataType.FLOAT32)
)
