"""The project's C libraries, which are built when the package is installed."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from profiler.errors import RunError

_REBUILD = "install the package with a C compiler present: pip install .  (in a checkout: pip install -e .)"


def load_library(
    stem: Path,
    prefix: str,
    structures: Sequence[type[ctypes.Structure]],
    prototypes: Mapping[str, tuple[object, list[object]]],
    *,
    keeps_interpreter_lock: bool = False,
) -> Any:
    """The library whose path is `stem` and the suffix of this Python's extensions.

    `structures` are those both sides share, in the order of its function `<prefix>_structure_bytes`; `prototypes` are
    result and argument types by function. Raises RunError when it was never built, or from other sources.
    """
    candidates = [stem.with_name(stem.name + suffix) for suffix in EXTENSION_SUFFIXES]
    for candidate in candidates:
        if candidate.is_file():
            library = (ctypes.PyDLL if keeps_interpreter_lock else ctypes.CDLL)(str(candidate))
            if not _matches(library, prefix, structures):
                raise RunError(f"{candidate.name} was built from another version's sources", hint=_REBUILD)
            for name, (result, arguments) in prototypes.items():
                function = getattr(library, name)
                function.restype, function.argtypes = result, arguments
            return library
    raise RunError(
        f"a native library is missing ({candidates[0].name} is not in {stem.parent.name}/)",
        hint=_REBUILD,
    )


def _matches(library: ctypes.CDLL, prefix: str, structures: Sequence[type[ctypes.Structure]]) -> bool:
    """Whether both sides have the same structures: a stale build would read and write nonsense."""
    try:
        bytes_of = getattr(library, f"{prefix}_structure_bytes")
    except AttributeError:
        return False
    bytes_of.restype, bytes_of.argtypes = ctypes.c_uint32, [ctypes.c_uint32]
    return [bytes_of(number) for number in range(len(structures) + 1)] == [*map(ctypes.sizeof, structures), 0]
