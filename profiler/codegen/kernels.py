"""The kernel table: every kernel there is, in order of preference within a kind: by variant, then as modules list them.

Kernel choice, tests and benchmarks read this one table.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from profiler.codegen import lowering
from profiler.codegen.model import Kernel

VARIANT_PREFERENCE = ("dsp", "ref")


@cache
def kernels() -> tuple[Kernel, ...]:
    """All rows of all lowering modules. Raises ValueError when two rows share a name."""
    rows: list[Kernel] = []
    for module in sorted(pkgutil.iter_modules(lowering.__path__), key=lambda info: info.name):
        rows.extend(getattr(importlib.import_module(f"{lowering.__name__}.{module.name}"), "KERNELS", ()))
    names = [row.name for row in rows]
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise ValueError(f"kernel names used twice: {', '.join(duplicates)}")
    return tuple(sorted(rows, key=lambda row: (row.kind, row.dtype, VARIANT_PREFERENCE.index(row.variant))))


def kernels_for(kind: str, dtype: str) -> tuple[Kernel, ...]:
    """Rows that implement `kind` for values of `dtype`, preferred ones first."""
    return tuple(row for row in kernels() if row.kind == kind and row.dtype == dtype)
