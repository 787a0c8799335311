"""Finding the cross compiler, and running its programs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from profiler.errors import ToolchainError

OLDEST_GCC = 12
_INSTALL = "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """A GCC for Arm Cortex-M; `version` is what the compiler prints of itself and part of every cache key."""

    prefix: str
    version: str

    @property
    def title(self) -> str:
        return f"{Path(self.prefix).name}gcc {self.version}"

    def run(self, program: str, arguments: Sequence[str], *, folder: Path) -> None:
        """Run `prefix + program` in `folder`. Raises ToolchainError with the first lines of what it said."""
        command = [self.prefix + program, *arguments]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        if result.returncode != 0:
            said = "\n".join((result.stderr or result.stdout).strip().splitlines()[:20])
            raise ToolchainError(f"{program} failed with exit code {result.returncode}:\n{said}")


@cache
def find_toolchain(prefix: str) -> Toolchain:
    """The toolchain with that prefix. Raises ToolchainError when it is missing, older than GCC 12 or lacks newlib."""
    gcc = shutil.which(prefix + "gcc")
    if gcc is None:
        raise ToolchainError(f"{prefix}gcc was not found", hint=f"install it: {_INSTALL}")
    dumped = subprocess.run([gcc, "-dumpfullversion"], capture_output=True, text=True, check=False).stdout.strip()
    major = re.match(r"(\d+)\.", dumped)
    if major is None or int(major.group(1)) < OLDEST_GCC:
        raise ToolchainError(
            f"{prefix}gcc is version {dumped or 'unknown'}, GCC {OLDEST_GCC} or newer is needed",
            hint=f"install a newer one: {_INSTALL}",
        )
    specs = subprocess.run(
        [gcc, "-print-file-name=nano.specs"], capture_output=True, text=True, check=False
    ).stdout.strip()
    if not Path(specs).is_absolute():
        raise ToolchainError(f"{prefix}gcc has no newlib-nano", hint=f"install it: {_INSTALL}")
    return Toolchain(prefix=prefix, version=dumped)
