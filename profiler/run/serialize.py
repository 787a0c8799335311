"""RunResult ↔ JSON: what run caches and recordings hold. Bytes are base64, the schema has a version."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from profiler.errors import RunError
from profiler.run.model import RunResult

FORMAT_VERSION: Final = 1


class SavedRun(BaseModel):
    """The file: a run with the version of its form."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", extra="forbid", frozen=True)

    format_version: Literal[1] = FORMAT_VERSION
    result: RunResult


def to_json(result: RunResult) -> bytes:
    """UTF-8 JSON that `from_json` turns back into an equal value."""
    return SavedRun(result=result).model_dump_json().encode()


def from_json(data: bytes) -> RunResult:
    """The run in `data`. Raises RunError when it is no saved run of this version."""
    try:
        return SavedRun.model_validate_json(data).result
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise RunError(
            f"this is not a saved run of version {FORMAT_VERSION}: {where}: {problem['msg']}",
            hint="delete it and run the firmware again",
        ) from error
