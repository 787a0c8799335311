"""What travels between engine and workers: values that pickle, no paths of one host."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

_VARYING = ("created", "host", "stage_seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One model on one board. `board_file` is the text of a board file that does not come with the profiler."""

    token: str  # tells this attempt from all others
    topic: str  # where its progress is told
    model_sha256: str
    board: str
    board_file: str | None
    board_digest: str
    options_text: str
    engine_version: str
    board_needed: str | None = None  # the attached board it runs on: NAME or NAME:ALIAS
    request_id: str = ""  # of the request that asked first: for the logs, no part of the result

    @property
    def neutral_name(self) -> str:
        """What the model is called in the result: results belong to nobody, so they carry no user's file name."""
        return f"{self.model_sha256[:12]}.tflite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A firmware as it was built, to be run on another host perhaps."""

    build_digest: str
    files: Mapping[str, bytes]  # of its entry in the build cache
    stage_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A profile as JSON."""

    profile_json: str
    stage_seconds: Mapping[str, float]


def canonical_bytes(profile_json: str) -> bytes:
    """A profile without what may differ between two runs: when, on which host, how long stages took."""
    plain = json.loads(profile_json)
    for name in _VARYING:
        plain["provenance"].pop(name, None)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
