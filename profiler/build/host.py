"""The generated model as a shared library of this machine: the same C++, run natively, to test kernels quickly."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from profiler import resources
from profiler.codegen.model import SourceTree
from profiler.errors import ToolchainError
from profiler.graph.model import Graph
from profiler.plan.model import MemoryPlan

HOST_FLAGS = ("-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti", "-ffp-contract=off")


def write_tree(tree: SourceTree, folder: Path) -> None:
    """Write every file of the tree below `folder`."""
    for name, data in tree.files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def build_host_library(
    tree: SourceTree, folder: Path, *, compiler: str = "g++", flags: Sequence[str] = HOST_FLAGS
) -> Path:
    """Compile `model/` of a source tree into `folder`/model.so. Raises ToolchainError with the compiler's words."""
    if shutil.which(compiler) is None:
        raise ToolchainError(f"{compiler} was not found", hint="install it: apt-get install g++")
    write_tree(tree, folder)
    sources = sorted(name for name in tree.files if name.endswith((".cc", ".S")) and "profiled" not in name)
    library = folder / "model.so"
    harness = resources.firmware_harness_folder()
    command = [compiler, *flags, "-fPIC", "-shared", f"-I{harness}", "-Imodel", *sources, "-o", library.name]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ToolchainError(f"{compiler} refused the generated code:\n{result.stderr[:4000]}")
    return library


class HostModel:
    """A host-built model in this process; for tests, which trust the code they generated."""

    def __init__(self, library: Path, graph: Graph, plan: MemoryPlan) -> None:
        self._library = ctypes.CDLL(str(library))
        self._arena = (ctypes.c_uint8 * plan.arena_bytes).in_dll(self._library, "model_arena")
        self._graph = graph
        self._plan = plan

    def run(self, inputs: Sequence[bytes]) -> tuple[bytes, ...]:
        """One inference: raw bytes per graph input → raw bytes per graph output."""
        for index, data in zip(self._graph.inputs, inputs, strict=True):
            offset = self._plan.tensor_offsets[index]
            ctypes.memmove(ctypes.addressof(self._arena) + offset, data, len(data))
        self._library.model_invoke()
        return tuple(self._read(index) for index in self._graph.outputs)

    def _read(self, index: int) -> bytes:
        offset = self._plan.tensor_offsets[index]
        return bytes(self._arena[offset : offset + self._graph.tensors[index].size_bytes])
