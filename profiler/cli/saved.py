"""Files that a command reads or writes beside reports of profiles."""

from __future__ import annotations

import sys
from pathlib import Path

from profiler.errors import SettingsError
from profiler.report.profile import Profile
from profiler.report.serialize import ProfileFormatError, from_json


def read_profile(path: Path) -> Profile:
    """A saved profile. Raises SettingsError when the file cannot be read, ProfileFormatError when it is none."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}", hint="`profiler run --json` writes one") from error
    try:
        return from_json(text)
    except ProfileFormatError as error:
        raise ProfileFormatError(f"{path}: {error.message}", hint=error.hint) from error


def write_text(path: Path | None, text: str) -> None:
    """Into the file, or to standard output without one. Raises SettingsError."""
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="give another file") from error
