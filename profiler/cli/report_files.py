"""Report files: one a format, named after model and board."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from profiler.output import write_output
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


def write_reports(profile: Profile, folder: Path, formats: Sequence[str]) -> dict[str, Path]:
    """Write the profile in each format; the files by format. Raises SettingsError when one cannot be written."""
    stem, chosen = report_stem(profile), {name: RENDERERS[name] for name in formats}
    return {
        name: write_output(folder / f"{stem}.{renderer.extension}", renderer.render(profile))
        for name, renderer in chosen.items()
    }
