"""The kernel headers that a library needs, moved into its own namespace and free of include paths.

Two libraries in one program may come from different versions of this project: their kernels share no symbol, so that
the linker never takes a function of one for that of the other.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_NAMESPACE = re.compile(r"\bprofiler::")


def kernel_sources(headers: Iterable[str], *, harness: Path, namespace: str) -> Mapping[str, str]:
    """Path → text of the headers and of all they include, in path order; paths are those below the harness folder."""
    texts: dict[str, str] = {}
    wanted = list(headers)
    while wanted:
        path = wanted.pop()
        if path not in texts:
            texts[path] = (harness / path).read_text(encoding="utf-8")
            wanted += _INCLUDE.findall(texts[path])
    return {path: _adapted(path, texts[path], namespace) for path in sorted(texts)}


def _adapted(path: str, text: str, namespace: str) -> str:
    """A quoted include is looked for beside the including file first: relative ones need no search path."""

    def relative(found: re.Match[str]) -> str:
        return f'#include "{posixpath.relpath(found[1], posixpath.dirname(path))}"'

    return _NAMESPACE.sub(f"{namespace}::", _INCLUDE.sub(relative, text))
