"""Rows of the kernel table that follow the naming rule: `<kind>_<dtype>_ref`, in the header of that name."""

from __future__ import annotations

from collections.abc import Callable

from profiler.codegen.model import Kernel, Lowered
from profiler.graph.model import DataType, Graph, Operator

_SUFFIXES = {DataType.INT8: "s8", DataType.FLOAT32: "f32"}


def portable(
    kind: str,
    dtype: DataType,
    why_not: Callable[[Graph, Operator], str | None],
    lower: Callable[[Graph, Operator], Lowered],
) -> Kernel:
    """The row of a kernel that every core can run; `dtype` is of the operator's first input."""
    name = f"{kind.lower()}_{_SUFFIXES[dtype]}_ref"
    return Kernel(
        name=name,
        kind=kind,
        dtype=dtype.value,
        variant="ref",
        header=f"kernels/{kind.lower()}/{name}.h",
        requires=frozenset(),
        why_not=why_not,
        lower=lower,
    )
