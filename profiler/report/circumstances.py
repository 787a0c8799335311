"""Who ran a profile, where and when: what of a report comes from the clock and the machine."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Mapping
from dataclasses import dataclass

from profiler.version import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What `fold` cannot know by itself."""

    model_name: str  # a path is shortened to its last part
    profiler_version: str
    created: str  # ISO 8601, UTC
    host: str
    stage_seconds: Mapping[str, float]


def circumstances_now(model_name: str, stage_seconds: Mapping[str, float]) -> Circumstances:
    """Those of this moment, this machine and this version."""
    return Circumstances(
        model_name=model_name,
        profiler_version=VERSION,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        host=f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        stage_seconds=dict(stage_seconds),
    )
