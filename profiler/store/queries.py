"""Questions about jobs. Every function works within its caller's transaction."""

from __future__ import annotations

import json

from sqlalchemy import Connection, exists, select

from profiler.errors import IdempotencyError, NotFoundError, StoreError
from profiler.store.codec import seconds, time_of
from profiler.store.jobs import load_jobs
from profiler.store.model import HistoryEntry, Job, JobFilter, JobId, JobState, Page, ResultKey
from profiler.store.tables import job_tags, jobs, tasks

MAXIMUM_PAGE = 500


def job_number(connection: Connection, job_id: str) -> int:
    """The row of a job. Raises StoreError when there is none."""
    number: int | None = connection.execute(select(jobs.c.number).where(jobs.c.id == job_id)).scalar_one_or_none()
    if number is None:
        raise NotFoundError(f"there is no job {job_id[:64]!r}", hint="list the jobs to see which there are")
    return number


def job_id_of(connection: Connection, idempotency_key: str | None, body_digest: str) -> JobId | None:
    """The job accepted under that key. Raises IdempotencyError when it was for another request."""
    if idempotency_key is None:
        return None
    query = select(jobs.c.id, jobs.c.body_digest).where(jobs.c.idempotency_key == idempotency_key)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.body_digest != body_digest:
        raise IdempotencyError(
            "this idempotency key came before with another request", hint="choose a new key for a new request"
        )
    return JobId(row.id)


def page(connection: Connection, wanted: JobFilter, *, cursor: str | None, limit: int) -> Page[Job]:
    """One page of jobs, the newest first."""
    if not 1 <= limit <= MAXIMUM_PAGE:
        raise StoreError(f"a page of {limit} jobs was asked for", hint=f"choose 1 to {MAXIMUM_PAGE}")
    query = select(jobs).order_by(jobs.c.number.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(jobs.c.number < _cursor(cursor))
    if wanted.model_sha256 is not None:
        query = query.where(jobs.c.model_sha256 == wanted.model_sha256)
    if wanted.state is not None:
        query = query.where(jobs.c.state == wanted.state)
    if wanted.since is not None:
        query = query.where(jobs.c.created >= seconds(wanted.since))
    if wanted.until is not None:
        query = query.where(jobs.c.created < seconds(wanted.until))
    if wanted.board is not None:
        query = query.where(exists().where(tasks.c.job_number == jobs.c.number, tasks.c.board == wanted.board))
    if wanted.tag is not None:
        query = query.where(exists().where(job_tags.c.job_number == jobs.c.number, job_tags.c.tag == wanted.tag))
    rows = connection.execute(query).mappings().all()
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(items=tuple(load_jobs(connection, shown)), next_cursor=str(shown[-1]["number"]) if more else None)


def history(
    connection: Connection, *, model_name: str | None, model_sha256: str | None, board: str | None
) -> tuple[HistoryEntry, ...]:
    """Finished tasks, the oldest first."""
    query = (
        select(jobs, tasks.c.board, tasks.c.finished.label("ended"), tasks.c.result_key)
        .join(tasks, tasks.c.job_number == jobs.c.number)
        .where(tasks.c.state == JobState.DONE)
        .order_by(tasks.c.finished, jobs.c.number, tasks.c.position)
    )
    if model_name is not None:
        query = query.where(jobs.c.model_name == model_name)
    if model_sha256 is not None:
        query = query.where(jobs.c.model_sha256 == model_sha256)
    if board is not None:
        query = query.where(tasks.c.board == board)
    return tuple(
        HistoryEntry(
            job_id=JobId(row["id"]),
            model_sha256=row["model_sha256"],
            model_name=row["model_name"],
            board=row["board"],
            tags=tuple(json.loads(row["tags"])),
            finished=time_of(row["ended"]),
            result_key=ResultKey(row["result_key"]),
        )
        for row in connection.execute(query).mappings()
    )


def finished_stages(connection: Connection, after: float) -> list[tuple[float, dict[str, float]]]:
    """When tasks ended that ended after that time, in order, and how long their stages took."""
    query = select(tasks.c.finished, tasks.c.stage_seconds).where(tasks.c.finished > after).order_by(tasks.c.finished)
    return [(finished, json.loads(text)) for finished, text in connection.execute(query)]


_UNFINISHED = jobs.c.state.in_((JobState.QUEUED, JobState.RUNNING))


def unfinished(connection: Connection) -> tuple[JobId, ...]:
    """Jobs that wait or run, the oldest first."""
    query = select(jobs.c.id).where(_UNFINISHED).order_by(jobs.c.number)
    return tuple(JobId(job_id) for job_id in connection.execute(query).scalars())


def models_in_use(connection: Connection) -> frozenset[str]:
    """Digests of models that unfinished jobs need."""
    return frozenset(connection.execute(select(jobs.c.model_sha256).where(_UNFINISHED).distinct()).scalars())


def _cursor(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise StoreError(f"{text[:64]!r} is no cursor", hint="give `next_cursor` of the page before, as it is")
    return int(text)
