"""Kernel headers leave for a library whole, in its namespace, and find each other without an include path."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest

from profiler import resources
from profiler.codegen.kernels import kernels
from profiler.export.kernel_sources import kernel_sources
from tests.support.exported import HOST_FLAGS, compile_sources, need

HARNESS = resources.firmware_harness_folder()
HEADERS = sorted({kernel.header for kernel in kernels()})


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_takes_along_all_it_includes_and_nothing_else(header: str) -> None:
    sources = kernel_sources([header], harness=HARNESS, namespace="net_library")
    reached, wanted = set(), [header]
    while wanted:
        path = wanted.pop()
        reached.add(path)
        for target in re.findall(r'#include "(.*)"', sources[path]):
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            assert resolved in sources, f"{path} includes {target}"
            wanted += {resolved} - reached
    assert reached == set(sources)
    for path, text in sources.items():
        assert not re.search(r"\bprofiler\b(::| *\{)", text), path
        assert "namespace net_library::" in text or "namespace" not in text, path


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_all_kernels_together_compile_without_an_include_path(compiler: str, tmp_path: Path) -> None:
    need(compiler)
    for path, text in kernel_sources(HEADERS, harness=HARNESS, namespace="net_library").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    unit = tmp_path / "all.cc"
    unit.write_text("".join(f'#include "{header}"\n' for header in HEADERS))
    compile_sources(compiler, [*HOST_FLAGS, "-c"], [unit], tmp_path / "all.o")
