"""A gate's outcome for programs: verdicts, checks with their causes, and the comparison with the baseline."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from profiler.gate.model import GATE_SCHEMA_VERSION, GateEntry, GateResult


@cache
def _adapter() -> TypeAdapter[GateEntry]:
    return TypeAdapter(GateEntry)


def render(result: GateResult) -> str:
    """UTF-8 JSON; equal outcomes give equal text."""
    plain = {
        "schema_version": GATE_SCHEMA_VERSION,
        "verdict": result.verdict.value,
        "exit_code": result.exit_code,
        "entries": [_entry(entry) for entry in result.entries],
    }
    return json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(entry: GateEntry) -> dict[str, Any]:
    plain = _adapter().dump_python(entry, mode="json", exclude={"snapshot"})
    return {"verdict": entry.verdict.value, **plain}
