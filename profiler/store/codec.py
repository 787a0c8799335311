"""Rows of the database ↔ values. Options and JSON have one text each, so that equal values have equal digests."""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import RowMapping

from profiler.errors import StoreError
from profiler.store.model import (
    ApiKey,
    BoardTask,
    Event,
    EventKind,
    Failure,
    Job,
    JobId,
    JobRequest,
    JobState,
    Result,
    ResultKey,
)

if TYPE_CHECKING:
    from profiler.pipeline import Options


@cache
def _options_adapter() -> TypeAdapter[Options]:
    from profiler.pipeline import Options  # loads the emulator: not for those who only list jobs

    return TypeAdapter(Options)


def options_values(options: Options) -> dict[str, Any]:
    """Options as JSON values, every one of them, defaults too."""
    values: dict[str, Any] = _options_adapter().dump_python(options, mode="json")
    return values


def options_from(values: Mapping[str, object]) -> Options:
    """Options from JSON values; what is absent has its default. Raises StoreError naming the value that is wrong."""
    try:
        return _options_adapter().validate_python(values, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "options"
        raise StoreError(f"options: {where}: {first['msg']}", hint="docs/reference.md lists the options") from error


def options_text(options: Options) -> str:
    """The canonical text of options: part of a result's address."""
    return to_text(options_values(options))


def options_from_text(text: str) -> Options:
    """The options `options_text` wrote. Raises StoreError when this version has not got one of them."""
    return options_from(json.loads(text))


def to_text(value: object) -> str:
    """JSON; equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def seconds(time: datetime.datetime) -> float:
    """A time as it is kept."""
    return time.timestamp()


def time_of(value: float) -> datetime.datetime:
    """A time that was kept."""
    return datetime.datetime.fromtimestamp(value, datetime.UTC)


def compressed(text: str) -> bytes:
    """A profile as it is kept: some 50 KiB of JSON become 5."""
    return zlib.compress(text.encode())


def job_from(row: RowMapping, tasks: Sequence[RowMapping]) -> Job:
    """A row of `jobs` with its rows of `tasks`, in the order of the request."""
    return Job(
        id=JobId(row["id"]),
        request=JobRequest(
            model_sha256=row["model_sha256"],
            model_name=row["model_name"],
            boards=tuple(task["board"] for task in tasks),
            options=options_from_text(row["options"]),
            tags=tuple(json.loads(row["tags"])),
        ),
        state=JobState(row["state"]),
        created=time_of(row["created"]),
        started=_optional_time(row["started"]),
        finished=_optional_time(row["finished"]),
        tasks=tuple(task_from(task) for task in tasks),
        request_id=row["request_id"],
        key_id=row["key_id"],
        cancel_requested=row["cancel_requested"],
    )


def task_from(row: RowMapping) -> BoardTask:
    """A row of `tasks`."""
    code = row["failure_code"]
    return BoardTask(
        board=row["board"],
        state=JobState(row["state"]),
        stage=row["stage"],
        stage_seconds=json.loads(row["stage_seconds"]),
        attempts=row["attempts"],
        result_key=ResultKey(row["result_key"]) if row["result_key"] else None,
        failure=Failure(code=code, message=row["failure_message"], hint=row["failure_hint"]) if code else None,
        worker=row["worker"],
    )


def event_from(row: RowMapping, job_id: JobId) -> Event:
    """A row of `events`."""
    return Event(
        sequence=row["sequence"],
        job_id=job_id,
        time=time_of(row["time"]),
        kind=EventKind(row["kind"]),
        data=json.loads(row["data"]),
    )


def result_from(row: RowMapping) -> Result:
    """A row of `results`."""
    return Result(
        key=ResultKey(row["key"]),
        model_sha256=row["model_sha256"],
        board=row["board"],
        board_digest=row["board_digest"],
        options=options_from_text(row["options"]),
        engine_version=row["engine_version"],
        created=time_of(row["created"]),
        profile_json=zlib.decompress(row["profile"]).decode(),
    )


def key_from(row: RowMapping) -> ApiKey:
    """A row of `api_keys`."""
    return ApiKey(
        id=row["id"],
        name=row["name"],
        scopes=tuple(json.loads(row["scopes"])),
        hash=row["hash"],
        created=time_of(row["created"]),
        revoked=_optional_time(row["revoked"]),
    )


def _optional_time(value: float | None) -> datetime.datetime | None:
    return None if value is None else time_of(value)
