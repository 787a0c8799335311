"""Rows of the kernel table that follow the naming rule, in the header of that name: `<kind>_<dtype>_ref`, or
`<kind>_<dtype>_to_<dtype>_ref` where the output is of another type."""

from __future__ import annotations

from collections.abc import Callable

from profiler.codegen.model import Kernel, Lowered
from profiler.graph.model import DataType, Graph, Operator

_SUFFIXES = {DataType.INT8: "s8", DataType.INT16: "s16", DataType.FLOAT32: "f32"}


def portable(
    kind: str,
    dtype: DataType,
    why_not: Callable[[Graph, Operator], str | None],
    lower: Callable[[Graph, Operator], Lowered],
    *,
    to: DataType | None = None,
) -> Kernel:
    """The row of a kernel that every core can run; `dtype` is of the values it works on, `to` of its output where
    the kind alone does not tell it."""
    types = _SUFFIXES[dtype] if to is None else f"{_SUFFIXES[dtype]}_to_{_SUFFIXES[to]}"
    name = f"{kind.lower()}_{types}_ref"
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
