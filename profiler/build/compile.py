"""Translation units → objects, in parallel, each cached by everything it is made from."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from profiler.build.cache import ContentCache, digest_of
from profiler.build.model import Optimization
from profiler.build.toolchain import Toolchain

COMMON_FLAGS = (
    "-std=c++17",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-fno-math-errno",
    "-ffp-contract=off",  # float32 sums round as TFLM's do; a fused multiply-add takes as long on M4 (TRM 7.2.3)
    "-g1",  # line tables: faults are reported with function and line
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One source file with what it can see: `visible` are the generated files of its group (path → bytes) and
    `context` the digest of the installed headers it may include."""

    path: str
    source: bytes
    visible: Mapping[str, bytes]
    context: str
    include_folders: tuple[str, ...]  # absolute, outside the group
    optimization: Optimization

    @property
    def object_name(self) -> str:
        return self.path.replace("/", "_") + ".o"


def compile_units(
    units: Sequence[Unit], toolchain: Toolchain, flags: Sequence[str], *, cache: ContentCache, jobs: int
) -> tuple[Path, ...]:
    """Object files in the order of `units`. Raises ToolchainError with the compiler's words."""
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return tuple(pool.map(lambda unit: _compile(unit, toolchain, (*flags, f"-{unit.optimization}"), cache), units))


def _compile(unit: Unit, toolchain: Toolchain, flags: Sequence[str], cache: ContentCache) -> Path:
    is_assembler = unit.path.endswith(".S")
    seen = [(name, data) for name, data in sorted(unit.visible.items()) if _can_include(name, is_assembler)]
    digest = digest_of(
        toolchain.build,
        *flags,
        unit.path,
        unit.source,
        unit.context,
        *(part for name, data in seen for part in (name, data)),
    )

    def make(folder: Path) -> None:
        work = folder / "work"
        for name, data in [*seen, (unit.path, unit.source)]:
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        includes = [f"-I{Path(unit.path).parent}", *(f"-I{folder}" for folder in unit.include_folders)]
        # Debug information must not depend on where the cache or the checkout is.
        maps = [f"-ffile-prefix-map={work}=.", *(f"-ffile-prefix-map={f}=harness" for f in unit.include_folders)]
        language = [flag for flag in flags if flag != "-std=c++17"] if is_assembler else list(flags)
        toolchain.run(
            "gcc", [*language, *includes, *maps, "-c", unit.path, "-o", "../" + unit.object_name], folder=work
        )
        shutil.rmtree(work)

    return cache.entry("objects", digest, make) / unit.object_name


def _can_include(name: str, is_assembler: bool) -> bool:
    """C++ sees headers; the assembler also the binary files of weights."""
    return name.endswith((".h", ".bin") if is_assembler else ".h")
