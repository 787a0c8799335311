"""Jobs, their tasks and events in the database. Every function works within its caller's transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from profiler.errors import NotFoundError, StoreError
from profiler.store.codec import job_from, options_text, task_from, to_text
from profiler.store.model import (
    EventKind,
    Failure,
    Job,
    JobId,
    JobRequest,
    JobState,
    QueuedTask,
    Result,
    TaskId,
    overall_state,
)
from profiler.store.results import insert_result
from profiler.store.tables import events, job_tags, jobs, tasks


def insert_job(
    connection: Connection,
    request: JobRequest,
    *,
    now: float,
    request_id: str | None,
    key_id: str | None,
    idempotency_key: str | None,
    body_digest: str,
) -> JobId:
    """A new job with its tasks, all queued."""
    job_id = JobId(uuid.uuid4().hex)
    inserted = connection.execute(
        insert(jobs).values(
            id=job_id,
            state=JobState.QUEUED,
            model_sha256=request.model_sha256,
            model_name=request.model_name,
            options=options_text(request.options),
            tags=to_text(request.tags),
            created=now,
            cancel_requested=False,
            request_id=request_id,
            key_id=key_id,
            idempotency_key=idempotency_key,
            body_digest=body_digest,
            event_count=0,
        )
    )
    key = inserted.inserted_primary_key
    number = key[0] if key else None
    new = {"state": JobState.QUEUED, "stage_seconds": "{}", "attempts": 0, "job_number": number}
    connection.execute(
        insert(tasks), [{**new, "board": board, "position": place} for place, board in enumerate(request.boards)]
    )
    if request.tags:
        connection.execute(insert(job_tags), [{"job_number": number, "tag": tag} for tag in sorted(set(request.tags))])
    record(connection, job_id, EventKind.ACCEPTED, {"boards": list(request.boards)}, now=now)
    return job_id


def locked(connection: Connection, job_id: JobId) -> RowMapping:
    """The job's row; on PostgreSQL others wait with theirs until this transaction ends. Raises StoreError."""
    row = connection.execute(select(jobs).where(jobs.c.id == job_id).with_for_update()).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"there is no job {str(job_id)[:64]!r}", hint="list the jobs to see which there are")
    return row


def record(connection: Connection, job_id: JobId, kind: EventKind, data: Mapping[str, object], *, now: float) -> None:
    """Appends an event to the job's, numbered without gaps."""
    row = locked(connection, job_id)
    sequence = row["event_count"] + 1
    connection.execute(update(jobs).where(jobs.c.number == row["number"]).values(event_count=sequence))
    connection.execute(
        insert(events).values(
            job_number=row["number"], sequence=sequence, time=now, kind=kind, data=to_text(dict(data))
        )
    )


def load_jobs(connection: Connection, rows: Iterable[RowMapping]) -> list[Job]:
    """Jobs of rows of `jobs`, in their order, with their tasks."""
    found = list(rows)
    numbers = [row["number"] for row in found]
    of_job: dict[int, list[RowMapping]] = {number: [] for number in numbers}
    query = select(tasks).where(tasks.c.job_number.in_(numbers)).order_by(tasks.c.job_number, tasks.c.position)
    for task in connection.execute(query).mappings():
        of_job[task["job_number"]].append(task)
    return [job_from(row, of_job[row["number"]]) for row in found]


def queued_tasks(connection: Connection, limit: int) -> list[QueuedTask]:
    """The next tasks to begin, those of the oldest job first."""
    query = (
        select(jobs, tasks.c.board, tasks.c.attempts)
        .join(tasks, tasks.c.job_number == jobs.c.number)
        .where(tasks.c.state == JobState.QUEUED)
        .order_by(jobs.c.number, tasks.c.position)
        .limit(limit)
    )
    return [
        QueuedTask(
            id=TaskId(job_id=JobId(row["id"]), board=row["board"]),
            request=job_from(row, ()).request,
            attempts=row["attempts"],
            request_id=row["request_id"],
        )
        for row in connection.execute(query).mappings()
    ]


def begin(connection: Connection, task: TaskId, *, now: float) -> int | None:
    """A queued task is running: the number of this attempt, or None when it is not queued any more."""
    row = locked(connection, task.job_id)
    found = _task(connection, row["number"], task.board)
    if found["state"] != JobState.QUEUED:
        return None
    attempt: int = found["attempts"] + 1
    _set(connection, row["number"], task.board, state=JobState.RUNNING, attempts=attempt)
    if row["started"] is None:
        connection.execute(update(jobs).where(jobs.c.number == row["number"]).values(started=now))
    record(connection, task.job_id, EventKind.ATTEMPT, {"board": task.board, "attempt": attempt}, now=now)
    _update_state(connection, row, now=now)
    return attempt


def note_stage(connection: Connection, task: TaskId, *, stage: str, worker: str, now: float) -> None:
    """A running task's stage began."""
    row = locked(connection, task.job_id)
    if _task(connection, row["number"], task.board)["state"] == JobState.RUNNING:
        _set(connection, row["number"], task.board, stage=stage, worker=worker)
        data = {"board": task.board, "stage": stage, "worker": worker}
        record(connection, task.job_id, EventKind.STAGE, data, now=now)


def requeue(connection: Connection, task: TaskId, failure: Failure, *, now: float) -> bool:
    """A running task waits again, because of `failure`; False when it was not running."""
    row = locked(connection, task.job_id)
    found = _task(connection, row["number"], task.board)
    if found["state"] != JobState.RUNNING:
        return False
    _set(connection, row["number"], task.board, state=JobState.QUEUED, stage=None)
    data = {"board": task.board, "attempt": found["attempts"], "code": failure.code, "message": failure.message}
    record(connection, task.job_id, EventKind.RETRY, data, now=now)
    _update_state(connection, row, now=now)
    return True


def finish(
    connection: Connection,
    task: TaskId,
    outcome: Result | Failure | None,
    *,
    stage_seconds: Mapping[str, float],
    now: float,
) -> bool:
    """A task's end: its result, its failure, or (None) that it was cancelled. Only the first end counts: else False."""
    row = locked(connection, task.job_id)
    if JobState(_task(connection, row["number"], task.board)["state"]).is_final:
        return False
    data: dict[str, object] = {"board": task.board}
    if isinstance(outcome, Result):
        insert_result(connection, outcome)
        values: dict[str, Any] = {"state": JobState.DONE, "result_key": outcome.key}
        data |= {"state": JobState.DONE, "result_key": outcome.key}
    elif outcome is None:
        values = {"state": JobState.CANCELLED}
        data |= {"state": JobState.CANCELLED}
    else:
        told = {"code": outcome.code, "message": outcome.message, "hint": outcome.hint}
        values = {"state": JobState.FAILED, **{f"failure_{name}": value for name, value in told.items()}}
        data |= {"state": JobState.FAILED, **told}
    seconds = to_text(dict(stage_seconds))
    _set(connection, row["number"], task.board, finished=now, stage_seconds=seconds, **values)
    record(connection, task.job_id, EventKind.TASK, data, now=now)
    _update_state(connection, row, now=now)
    return True


def request_cancel(connection: Connection, job_id: JobId, *, now: float) -> None:
    """Queued tasks end at once; running ones when the engine has stopped them."""
    row = locked(connection, job_id)
    if JobState(row["state"]).is_final or row["cancel_requested"]:
        return
    connection.execute(update(jobs).where(jobs.c.number == row["number"]).values(cancel_requested=True))
    record(connection, job_id, EventKind.CANCEL, {}, now=now)
    waiting = select(tasks.c.board).where(tasks.c.job_number == row["number"], tasks.c.state == JobState.QUEUED)
    for board in list(connection.execute(waiting).scalars()):
        finish(connection, TaskId(job_id=job_id, board=board), None, stage_seconds={}, now=now)


def running_tasks(connection: Connection) -> list[tuple[TaskId, int, bool]]:
    """Tasks somebody began and did not end, with their attempts and whether their end is wished for."""
    query = (
        select(jobs.c.id, jobs.c.cancel_requested, tasks.c.board, tasks.c.attempts)
        .join(tasks, tasks.c.job_number == jobs.c.number)
        .where(tasks.c.state == JobState.RUNNING)
        .order_by(jobs.c.number, tasks.c.position)
    )
    rows = connection.execute(query).mappings()
    return [(TaskId(job_id=JobId(r["id"]), board=r["board"]), r["attempts"], r["cancel_requested"]) for r in rows]


def job_counts(connection: Connection) -> dict[JobState, int]:
    """Number of jobs in each state."""
    found = {row[0]: row[1] for row in connection.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state))}
    return {state: found.get(state.value, 0) for state in JobState}


def _task(connection: Connection, job_number: int, board: str) -> RowMapping:
    query = select(tasks).where(tasks.c.job_number == job_number, tasks.c.board == board)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise StoreError(f"the job has no board {board[:64]!r}")
    return row


def _set(connection: Connection, job_number: int, board: str, **values: object) -> None:
    where = (tasks.c.job_number == job_number, tasks.c.board == board)
    connection.execute(update(tasks).where(*where).values(**values))


def _update_state(connection: Connection, row: RowMapping, *, now: float) -> None:
    query = select(tasks).where(tasks.c.job_number == row["number"])
    state = overall_state(tuple(task_from(task) for task in connection.execute(query).mappings()))
    current = connection.execute(select(jobs.c.state).where(jobs.c.number == row["number"])).scalar_one()
    if state == current:
        return
    finished = now if state.is_final else None
    connection.execute(update(jobs).where(jobs.c.number == row["number"]).values(state=state, finished=finished))
    record(connection, JobId(row["id"]), EventKind.JOB, {"state": state}, now=now)
