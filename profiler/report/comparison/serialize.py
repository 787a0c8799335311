"""Comparison → JSON, for programs and the service."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from profiler.report.comparison.model import Comparison


@cache
def _adapter() -> TypeAdapter[Comparison]:
    return TypeAdapter(Comparison)


def to_plain(comparison: Comparison) -> dict[str, Any]:
    """The comparison as what JSON can hold; a body of the service."""
    plain = _adapter().dump_python(comparison, mode="json")
    assert isinstance(plain, dict)
    return plain


def render(comparison: Comparison) -> str:
    """UTF-8 JSON; equal comparisons give equal text."""
    return json.dumps(to_plain(comparison), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def from_json(text: str | bytes) -> Comparison:
    """What `render` wrote. Raises pydantic.ValidationError."""
    return _adapter().validate_json(text, strict=True, extra="forbid")
