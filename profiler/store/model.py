"""What is kept between runs: jobs with their tasks and events, results, keys. Values only, no database.

A job asks for one model on one or several boards; each board is a task. Results belong to nobody: they are immutable
and addressed by what they were made from, so a job only names them.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, NewType, TypeVar

from profiler.build.cache import digest_of

if TYPE_CHECKING:
    from profiler.pipeline import Options

JobId = NewType("JobId", str)
ResultKey = NewType("ResultKey", str)
_Item = TypeVar("_Item")


class JobState(StrEnum):
    """Where a job or one of its tasks stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Nothing will change any more."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


class EventKind(StrEnum):
    """What an event tells; its `data` has the keys named here."""

    ACCEPTED = "accepted"  # boards
    ATTEMPT = "attempt"  # board, attempt, worker
    STAGE = "stage"  # board, stage
    RETRY = "retry"  # board, attempt, code, message
    TASK = "task"  # board, state, and result_key or code, message
    CANCEL = "cancel"  # nothing
    JOB = "job"  # state


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest:
    """What a user asks for. `model_name` and `tags` are untrusted text; boards are names or paths of board files."""

    model_sha256: str
    model_name: str
    boards: tuple[str, ...]
    options: Options
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no result. `code` is stable (docs/reference.md lists them); `hint` says what the user can do."""

    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTask:
    """One board of a job. `attempts` counts how often its work was begun; `stage` is the one that began last."""

    board: str
    state: JobState
    stage: str | None = None
    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    attempts: int = 0
    result_key: ResultKey | None = None
    failure: Failure | None = None
    worker: str | None = None  # host and process that began it last


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An accepted request. It is done when every task is done, failed when one failed, cancelled when one was."""

    id: JobId
    request: JobRequest
    state: JobState
    created: datetime.datetime
    started: datetime.datetime | None
    finished: datetime.datetime | None
    tasks: tuple[BoardTask, ...]
    request_id: str | None
    key_id: str | None
    cancel_requested: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A profile that was computed. `profile_json` is what `report/serialize.py` wrote, under `model_name`.

    The same model may be asked for under other names: `profile_json` has the name it was first computed under.
    """

    key: ResultKey
    model_sha256: str
    board: str
    board_digest: str
    options: Options
    engine_version: str
    created: datetime.datetime
    profile_json: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One finished task in the history of a model."""

    job_id: JobId
    model_sha256: str
    model_name: str
    board: str
    tags: tuple[str, ...]
    finished: datetime.datetime
    result_key: ResultKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key that a client shows. Only the hash of its secret is kept."""

    id: str
    name: str
    scopes: tuple[str, ...]
    hash: str
    created: datetime.datetime
    revoked: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[_Item]):
    """Part of a list; `next_cursor` asks for the rest, None when there is none."""

    items: tuple[_Item, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a job. `sequence` counts from 1 within the job, without gaps."""

    sequence: int
    job_id: JobId
    time: datetime.datetime
    kind: EventKind
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskId:
    """One board of one job."""

    job_id: JobId
    board: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTask:
    """A task that waits to be begun, with what is to be done. `attempts` were made before."""

    id: TaskId
    request: JobRequest
    attempts: int
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are wanted; what is None does not matter. `since` is inclusive, `until` exclusive."""

    model_sha256: str | None = None
    board: str | None = None
    tag: str | None = None
    state: JobState | None = None
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None


def result_key(*, model_sha256: str, board_digest: str, options_text: str, engine_version: str) -> ResultKey:
    """The address of a result: the digest of everything it depends on."""
    return ResultKey(digest_of(model_sha256, board_digest, options_text, engine_version))


def overall_state(tasks: tuple[BoardTask, ...]) -> JobState:
    """The state of a job with these tasks."""
    states = {task.state for task in tasks}
    if JobState.RUNNING in states or (JobState.QUEUED in states and any(state.is_final for state in states)):
        return JobState.RUNNING
    if JobState.QUEUED in states:
        return JobState.QUEUED
    for state in (JobState.CANCELLED, JobState.FAILED):
        if state in states:
            return state
    return JobState.DONE
