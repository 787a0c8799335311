"""Report files: one a format, named after model and board."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from profiler.errors import SettingsError
from profiler.report.profile import Profile
from profiler.report.renderers import RENDERERS

_NAME_LIMIT_CHARACTERS = 80


def report_stem(profile: Profile) -> str:
    """What the profile's report files are called, without extension: `kws-nucleo_l4r5zi`.

    Letters of any script, digits, `_`, `.` and `-` of the model's name are kept, so that it is a file's name anywhere.
    """
    model = profile.model.name.removeprefix("zoo:").removesuffix(".tflite")
    model = re.sub(r"[^\w.-]", "_", model).lstrip(".-")[:_NAME_LIMIT_CHARACTERS]
    return f"{model or 'model'}-{profile.board.name}"


def prepare_folder(folder: Path) -> None:
    """Make the folder where it is absent. Raises SettingsError when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(folder, error.strerror) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(folder, "Permission denied")


def write_reports(profile: Profile, folder: Path, formats: Sequence[str]) -> dict[str, Path]:
    """Write the profile in each format; the files by format. Raises SettingsError when one cannot be written."""
    paths = {name: folder / f"{report_stem(profile)}.{RENDERERS[name].extension}" for name in formats}
    for name, path in paths.items():
        try:
            path.write_text(RENDERERS[name].render(profile), encoding="utf-8")
        except OSError as error:
            raise _refused(path, error.strerror) from error
    return paths


def _refused(path: Path, reason: str | None) -> SettingsError:
    return SettingsError(f"cannot write {path}: {reason}", hint="give another folder with --output")
