"""The store: what was asked for, what became of it, and every result. SQLite or PostgreSQL, and a folder of models."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from profiler.build.cache import digest_of
from profiler.errors import NotFoundError, StoreError
from profiler.store import jobs as job_rows
from profiler.store import queries, results
from profiler.store.blobs import Blobs
from profiler.store.codec import event_from, options_text, seconds, to_text
from profiler.store.database import connect, url_of, writer
from profiler.store.exclusive import hold_exclusively
from profiler.store.memory import RecentResults
from profiler.store.model import (
    ApiKey,
    Event,
    Failure,
    HistoryEntry,
    Job,
    JobFilter,
    JobId,
    JobRequest,
    JobState,
    Page,
    QueuedTask,
    Result,
    ResultKey,
    TaskId,
)
from profiler.store.request import check_request
from profiler.store.tables import events, jobs

Clock = Callable[[], datetime.datetime]


def _utc_now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


class Store:
    """All methods may be called from several threads and processes at once, and raise StoreError."""

    def __init__(self, database: sqlalchemy.Engine, data_folder: Path, clock: Clock = _utc_now) -> None:
        self._database = database
        self._writer = writer(database)
        self._clock = clock
        self._recent = RecentResults()
        self.data_folder = data_folder
        self.blobs = Blobs(data_folder / "models")

    @classmethod
    def open(cls, database_url: str | None, data_folder: Path, clock: Clock = _utc_now) -> Store:
        """The store of a database (None: SQLite in the data folder), migrated to this version when it is older."""
        try:
            data_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the data folder {data_folder} cannot be made: {error.strerror}",
                hint="set PROFILER_DATA_FOLDER to a folder that can be written",
            ) from error
        return cls(connect(url_of(database_url, data_folder)), data_folder, clock)

    def close(self) -> None:
        """Closes the database's connections; another use opens new ones."""
        self._database.dispose()

    # Models

    def put_model(self, data: bytes) -> str:
        """Keeps a model file; its SHA-256."""
        return self.blobs.put(data)

    def model_path(self, sha256: str) -> Path:
        """Where the model file is, or would be."""
        return self.blobs.path(sha256)

    # Jobs, as users see them

    def accept(
        self,
        request: JobRequest,
        *,
        idempotency_key: str | None = None,
        request_id: str | None = None,
        key_id: str | None = None,
    ) -> Job:
        """A new job; from here on it is not lost. Of the same idempotency key and request: the job there is already.

        Raises StoreError: the request is not consistent, its model is not kept, or the idempotency key came with
        another request (IdempotencyError).
        """
        check_request(request, self.model_path(request.model_sha256))
        body = digest_of(
            request.model_sha256, request.model_name, to_text(request.boards), options_text(request.options),
            to_text(request.tags),
        )  # fmt: skip
        scoped = None if idempotency_key is None else f"{key_id or ''}:{idempotency_key}"
        try:
            with self._write() as connection:
                known = queries.job_id_of(connection, scoped, body)
                known = known or job_rows.insert_job(
                    connection,
                    request,
                    now=self._now(),
                    request_id=request_id,
                    key_id=key_id,
                    idempotency_key=scoped,
                    body_digest=body,
                )
        except IntegrityError:  # PostgreSQL: another server accepted the same key at the same moment
            with self._read() as connection:
                known = queries.job_id_of(connection, scoped, body)
            if known is None:
                raise
        return self.job(known)

    def job(self, job_id: str) -> Job:
        """The job as it stands now."""
        with self._read() as connection:
            found = job_rows.load_jobs(
                connection, connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings()
            )
        if not found:
            raise NotFoundError(f"there is no job {str(job_id)[:64]!r}", hint="list the jobs to see which there are")
        return found[0]

    def jobs(self, wanted: JobFilter | None = None, *, cursor: str | None = None, limit: int = 50) -> Page[Job]:
        """Jobs, the newest first; `cursor` is `next_cursor` of the page before. 1 ≤ limit ≤ 500."""
        with self._read() as connection:
            return queries.page(connection, wanted or JobFilter(), cursor=cursor, limit=limit)

    def request_cancel(self, job_id: str) -> Job:
        """Queued tasks are cancelled at once, running ones when the engine stopped them. Finished jobs stay so."""
        with self._write() as connection:
            job_rows.request_cancel(connection, JobId(job_id), now=self._now())
        return self.job(job_id)

    def events(self, job_id: str, after_sequence: int = 0) -> tuple[Event, ...]:
        """The job's events after that one, in order."""
        with self._read() as connection:
            number = queries.job_number(connection, job_id)
            query = select(events).where(events.c.job_number == number, events.c.sequence > after_sequence)
            rows = connection.execute(query.order_by(events.c.sequence)).mappings()
            return tuple(event_from(row, JobId(job_id)) for row in rows)

    def history(
        self, *, model_name: str | None = None, model_sha256: str | None = None, board: str | None = None
    ) -> tuple[HistoryEntry, ...]:
        """Finished tasks of a model (by name: through its versions), the oldest first."""
        with self._read() as connection:
            return queries.history(connection, model_name=model_name, model_sha256=model_sha256, board=board)

    def counts(self) -> Mapping[JobState, int]:
        """Number of jobs in each state."""
        with self._read() as connection:
            return job_rows.job_counts(connection)

    def finished_stages(self, after: float) -> list[tuple[float, dict[str, float]]]:
        """Ends of tasks after that time (seconds since 1970), in order, each with the seconds of its stages."""
        with self._read() as connection:
            return queries.finished_stages(connection, after)

    # Results

    def result(self, key: str) -> Result | None:
        """The result at that address; recent ones come from memory, which is right because results never change."""
        known = self._recent.get(key)
        if known is None:
            with self._read() as connection:
                known = results.load_result(connection, ResultKey(key))
            if known is not None:
                self._recent.put(known)
        return known

    # Tasks, as the engine sees them

    def queued(self, limit: int) -> list[QueuedTask]:
        """The next tasks to begin, those of the oldest job first."""
        with self._read() as connection:
            return job_rows.queued_tasks(connection, limit)

    def begin(self, task: TaskId) -> int | None:
        """A queued task is running: the number of this attempt, or None when it is not queued any more."""
        with self._write() as connection:
            return job_rows.begin(connection, task, now=self._now())

    def note_stage(self, task: TaskId, *, stage: str, worker: str) -> None:
        """A running task's stage began."""
        with self._write() as connection:
            job_rows.note_stage(connection, task, stage=stage, worker=worker, now=self._now())

    def requeue(self, task: TaskId, failure: Failure) -> bool:
        """A running task waits again, because of `failure`; False when it was not running."""
        with self._write() as connection:
            return job_rows.requeue(connection, task, failure, now=self._now())

    def finish(
        self, task: TaskId, outcome: Result | Failure | None, *, stage_seconds: Mapping[str, float] | None = None
    ) -> bool:
        """A task's end: its result, its failure, or (None) that it was cancelled. Only the first end counts."""
        with self._write() as connection:
            return job_rows.finish(connection, task, outcome, stage_seconds=stage_seconds or {}, now=self._now())

    def running(self) -> list[tuple[TaskId, int, bool]]:
        """Tasks somebody began and did not end: with attempts, and whether their cancellation is wished for."""
        with self._read() as connection:
            return job_rows.running_tasks(connection)

    def unfinished(self) -> tuple[JobId, ...]:
        """Jobs that wait or run, the oldest first."""
        with self._read() as connection:
            return queries.unfinished(connection)

    def models_in_use(self) -> frozenset[str]:
        """Digests of models that unfinished jobs need."""
        with self._read() as connection:
            return queries.models_in_use(connection)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Held by the one engine that works on this store. Raises StoreError when another one does."""
        with hold_exclusively(self._database, self.data_folder):
            yield

    # Keys

    def add_key(self, key: ApiKey) -> None:
        """Keeps a new key."""
        with self._write() as connection:
            results.insert_key(connection, key)

    def keys(self) -> tuple[ApiKey, ...]:
        """All keys, the oldest first, revoked ones too."""
        with self._read() as connection:
            return results.load_keys(connection)

    def key_by_hash(self, hash_: str) -> ApiKey | None:
        """The key with that hash, revoked or not."""
        with self._read() as connection:
            return results.load_key_by_hash(connection, hash_)

    def revoke_key(self, key_id: str) -> None:
        """The key is not valid from now on."""
        with self._write() as connection:
            results.revoke(connection, key_id, now=self._now())

    def _now(self) -> float:
        return seconds(self._clock())

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._database.connect() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._writer.begin() as connection:
            yield connection
