"""Finding the cross compiler, and running its programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from profiler.errors import ToolchainError

OLDEST_GCC = 12
_HOST_SEARCH_PATHS = frozenset(
    {"CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "COMPILER_PATH", "GCC_EXEC_PREFIX"}
)
_INSTALL = "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A GCC for Arm Cortex-M. `build` is the line it introduces itself with, part of every cache key: two packagers'
    builds of one version bring different C libraries."""

    prefix: str
    version: str
    build: str

    @property
    def title(self) -> str:
        return f"{Path(self.prefix).name}gcc {self.version}"

    def run(self, program: str, arguments: Sequence[str], *, folder: Path) -> None:
        """Run `prefix + program` in `folder`. Raises ToolchainError with the first lines of what it said."""
        command = [self.prefix + program, *arguments]
        result = subprocess.run(
            command, cwd=folder, env=_environment(), capture_output=True, text=True, errors="replace", check=False
        )
        if result.returncode != 0:
            said = "\n".join((result.stderr or result.stdout).strip().splitlines()[:20])
            raise ToolchainError(f"{program} failed with exit code {result.returncode}:\n{said}")


@cache
def find_toolchain(prefix: str) -> Toolchain:
    """The toolchain with that prefix. Raises ToolchainError when it is missing, older than GCC 12 or lacks newlib."""
    gcc = shutil.which(prefix + "gcc")
    if gcc is None:
        raise ToolchainError(f"{prefix}gcc was not found", hint=f"install it: {_INSTALL}")
    dumped = _answer(gcc, "-dumpfullversion")
    major = re.match(r"(\d+)\.", dumped)
    if major is None or int(major.group(1)) < OLDEST_GCC:
        raise ToolchainError(
            f"{prefix}gcc is version {dumped or 'unknown'}, GCC {OLDEST_GCC} or newer is needed",
            hint=f"install a newer one: {_INSTALL}",
        )
    if not Path(_answer(gcc, "-print-file-name=nano.specs")).is_absolute():
        raise ToolchainError(f"{prefix}gcc has no newlib-nano", hint=f"install it: {_INSTALL}")
    return Toolchain(prefix=prefix, version=dumped, build=_answer(gcc, "--version").partition("\n")[0])


def _answer(gcc: str, question: str) -> str:
    return subprocess.run([gcc, question], capture_output=True, text=True, check=False).stdout.strip()


def _environment() -> dict[str, str]:
    """English messages, which are read here too, and none of the search paths meant for the host's compiler."""
    return {name: value for name, value in os.environ.items() if name not in _HOST_SEARCH_PATHS} | {"LC_ALL": "C"}
