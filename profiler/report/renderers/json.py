"""The saved form: everything, for programs."""

from __future__ import annotations

from profiler.report.profile import Profile
from profiler.report.serialize import to_json


def render(profile: Profile) -> str:
    """JSON as `docs/profile.schema.json` describes it, with a final newline."""
    return to_json(profile) + "\n"
