"""The comparison as JSON: every field, absent ones left out."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from profiler.variants.model import VariantComparison


def render(comparison: VariantComparison) -> str:
    """UTF-8 JSON; equal comparisons give equal text."""
    plain = TypeAdapter(VariantComparison).dump_python(comparison, mode="json", exclude_none=True)
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
