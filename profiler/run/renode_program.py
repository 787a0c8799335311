"""Which Renode runs: told by a setting, by pyrenode3's variables, on the PATH, or installed by `profiler install`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from profiler.errors import RunError
from profiler.run.renode_release import RENODE_VERSION, install_folder

_VERSION = re.compile(r"Renode[,\s]+(?:version\s+)?v?(\d+\.\d+\.\d+)")
_PYRENODE = ("PYRENODE_BIN", "PYRENODE_BUILD_DIR", "PYRENODE_PKG")
_VERSION_SECONDS = 120  # a cold start under load


@dataclass(frozen=True, slots=True, kw_only=True)
class RenodeProgram:
    """How Renode is started, and who said so."""

    command: tuple[str, ...]
    origin: str  # "PROFILER_RENODE", "PATH"

    def version(self) -> str:
        """ "1.16.1". Raises RunError when the program does not start or is no Renode."""
        try:
            said = subprocess.run(
                [*self.command, "--version"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_VERSION_SECONDS,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RunError(f"{self.command[0]} ({self.origin}) does not start: {error}", hint=_HINT) from error
        found = version_in(said.stdout + said.stderr)
        if found is None:
            words = (said.stdout + said.stderr).strip()[-300:] or f"nothing, exit code {said.returncode}"
            raise RunError(f"{self.command[0]} ({self.origin}) is no Renode: it said {words}", hint=_HINT)
        return found


_HINT = "`profiler install renode` gets one; PROFILER_RENODE names the program or folder of one that is there"


def find_renode(setting: str = "", environment: Mapping[str, str] | None = None) -> RenodeProgram:
    """The first Renode of those that are asked for: a setting that names none is an error, not passed over.

    Raises RunError when there is none, or a variable names a place without one.
    """
    environment = os.environ if environment is None else environment
    for origin, place in _told(setting, environment):
        command = _command_at(Path(place).expanduser())
        if command is None:
            raise RunError(f"{origin} is {place}, but there is no Renode", hint=_HINT)
        return RenodeProgram(command=command, origin=origin)
    on_path = shutil.which("renode", path=environment.get("PATH"))
    if on_path is not None:
        return RenodeProgram(command=(on_path,), origin="PATH")
    installed = _command_at(install_folder(RENODE_VERSION))
    if installed is not None:
        return RenodeProgram(command=installed, origin="profiler install renode")
    raise RunError("Renode was not found", hint=_HINT)


def version_in(text: str) -> str | None:
    """The version in what Renode says of itself, None when it says none."""
    found = _VERSION.search(text)
    return found[1] if found else None


def _told(setting: str, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if setting:
        yield "PROFILER_RENODE", setting
    for name in _PYRENODE:
        if environment.get(name):
            yield name, environment[name]


def _command_at(place: Path) -> tuple[str, ...] | None:
    """How the Renode at a place is started: a program, a folder that has one, or an assembly for Mono."""
    if place.is_dir():
        inside = (place / "renode", place / "bin" / "renode", place / "Renode.exe")
        found = next((each for each in inside if each.is_file()), None)
        return None if found is None else _command_at(found)
    if not place.is_file():
        return None
    path = str(place.resolve())
    if place.suffix.lower() == ".exe" and os.name != "nt":
        mono = shutil.which("mono")
        return None if mono is None else (mono, path)
    return (path,) if os.access(place, os.X_OK) else None
