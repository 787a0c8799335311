"""Files that a command reads or writes beside reports of profiles."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from profiler.errors import SettingsError
from profiler.output import write_output
from profiler.report.profile import Profile
from profiler.report.serialize import ProfileFormatError, from_json


def read_profiles(path: Path) -> tuple[Profile, ...]:
    """The saved profile, or those of a list (`profiler run --json` of several boards).

    Raises SettingsError when the file cannot be read, ProfileFormatError when something else is in it.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}", hint="`profiler run --json` writes one") from error
    try:
        return tuple(from_json(part) for part in _parts(text))
    except ProfileFormatError as error:
        raise ProfileFormatError(f"{path}: {error.message}", hint=error.hint) from error


def _parts(text: bytes) -> list[str] | list[bytes]:
    if not text.lstrip().startswith(b"["):
        return [text]
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        return [text]  # whose reader tells what is wrong
    return [json.dumps(part) for part in listed]


def read_profile(path: Path) -> Profile:
    """The one saved profile in a file. Raises as `read_profiles`, and ProfileFormatError for none and for several."""
    found = read_profiles(path)
    if len(found) != 1:
        boards = ", ".join(profile.board.name for profile in found) or "none"
        raise ProfileFormatError(
            f"{path} is a list of {len(found)} profiles: {boards}", hint="save the profile of one board"
        )
    return found[0]


def write_text(path: Path | None, text: str) -> None:
    """Into the file, or to standard output without one. Raises SettingsError."""
    if path is None:
        sys.stdout.write(text)
    else:
        write_output(path, text)
