"""Profile ↔ JSON. The one place where a saved profile, which may come from anywhere, is checked."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from profiler.errors import ProfilerError
from profiler.report.profile import SCHEMA_VERSION, Profile

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


class ProfileFormatError(ProfilerError):
    """A saved profile is damaged, or was written by another version."""


@cache
def _adapter() -> TypeAdapter[Profile]:
    return TypeAdapter(Profile)


def to_json(profile: Profile, *, indent: int | None = 2) -> str:
    """UTF-8 JSON; equal profiles give equal text. Absent optional values are left out."""
    plain = _adapter().dump_python(profile, mode="json", exclude_none=True)
    return json.dumps(plain, indent=indent, ensure_ascii=False, allow_nan=False)


def from_json(text: str | bytes) -> Profile:
    """The profile that `to_json` wrote. Raises ProfileFormatError."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProfileFormatError(
            f"not a saved profile: {error}", hint="give a file that `profiler run --json` wrote"
        ) from error
    _check_version(plain)
    try:
        return _adapter().validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise ProfileFormatError(
            f"saved profile is damaged at {where}: {first['msg']} ({error.error_count()} problems in all)",
            hint="profile the model again",
        ) from error


def _check_version(plain: object) -> None:
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if version is None:
        raise ProfileFormatError(
            "not a saved profile: it has no schema_version", hint="give a file that `profiler run --json` wrote"
        )
    if version != SCHEMA_VERSION:
        raise ProfileFormatError(
            f"saved profile has schema_version {version!r}, this version reads {SCHEMA_VERSION}",
            hint="profile the model again, or use the version of profiler that wrote it",
        )


def json_schema() -> dict[str, Any]:
    """JSON Schema of a saved profile, published as `docs/profile.schema.json`."""
    schema = _adapter().json_schema(mode="serialization")
    schema["properties"]["schema_version"] = {"const": SCHEMA_VERSION, "title": "Schema Version"}
    schema["required"] = ["schema_version", *schema["required"]]
    return {
        "$schema": SCHEMA_ID,
        "title": "Profile of a neural network on a Cortex-M board",
        **{key: value for key, value in schema.items() if key != "title"},
    }


def json_schema_text() -> str:
    """The published file's exact contents."""
    return json.dumps(json_schema(), indent=2, sort_keys=True) + "\n"
