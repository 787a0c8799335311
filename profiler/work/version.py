"""What computes results, as one text: two engines with the same text give the same results."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from profiler import resources
from profiler.build.cache import digest_of
from profiler.build.toolchain import find_toolchain
from profiler.errors import ToolchainError
from profiler.settings import Settings
from profiler.version import VERSION

_CODE = (".py", ".c", ".h", ".cc", ".S", ".toml", ".j2", ".ld")
_NO_PART_OF_RESULTS = frozenset({"cli", "gate", "service", "store", "work", "__pycache__", "_data"})


def engine_version(settings: Settings) -> str:
    """Version, digest of the code, compiler, and what of the settings changes results."""
    try:
        compiler = digest_of(find_toolchain(settings.toolchain_prefix).build)[:12]
    except ToolchainError:
        compiler = "none"
    return f"{VERSION} code {_code_digest()[:12]} compiler {compiler} stack {settings.stack_bytes}"


@cache
def _code_digest() -> str:
    """Of all source files that may change a result; a native module is told by its sources and the version."""
    roots = (resources.package_folder(), resources.firmware_harness_folder())
    files = sorted((path.relative_to(root).as_posix(), path) for root in roots for path in _sources(root))
    return digest_of(*(part for name, path in files for part in (name, path.read_bytes())))


def _sources(root: Path) -> list[Path]:
    return [
        path
        for path in root.rglob("*")
        if path.suffix in _CODE and path.relative_to(root).parts[0] not in _NO_PART_OF_RESULTS
    ]
