"""What the engine's thread does: begin tasks while there is room, write down their ends, try again, give up."""

from __future__ import annotations

import datetime
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from profiler.errors import ProfilerError, WorkError
from profiler.settings import Settings
from profiler.store.model import Failure, JobId, QueuedTask, Result, ResultKey, TaskId
from profiler.store.store import Store
from profiler.work.capacity import Attached, Capacity
from profiler.work.cluster import Cluster
from profiler.work.eviction import evict
from profiler.work.failures import (
    CANCELLED,
    INTERNAL,
    INTERRUPTED,
    SCHEDULER_LOST,
    TRANSIENT,
    WORKER_LOST,
    failure_of_error,
)
from profiler.work.flight import Flight
from profiler.work.identity import board_needed, identify
from profiler.work.isolation import Limits
from profiler.work.work import Finished, Work

if TYPE_CHECKING:
    from distributed import Future

_LOOK_AHEAD = 64  # tasks that wait for an attached board do not stop those behind them
_EVICTION_SECONDS = 60.0
_GATHER_SECONDS = 60
_log = logging.getLogger(__name__)


class Dispatcher:
    """All methods but `idle` and `attached` belong to the engine's thread. `later` puts an action into its inbox."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        cluster: Cluster,
        *,
        version: str,
        topic: str,
        later: Callable[[Callable[[], None]], None],
        notify: Callable[[JobId], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._cluster = cluster
        self._version = version
        self._topic = topic
        self._later = later
        self._notify = notify
        self._capacity = Capacity(cluster, settings.scheduler_patience_seconds)
        self._flights: dict[ResultKey, Flight] = {}
        self._beginning = True
        self._lost_since: float | None = None
        self._next_eviction = time.monotonic()
        self.idle = threading.Event()
        """Set while nothing is begun any more and nothing runs."""

    def attached(self) -> tuple[Attached, ...]:
        """See Engine.attached."""
        return self._capacity.attached()

    def fill(self) -> None:
        """Begins queued tasks while there is room."""
        while self._beginning and self._cluster.is_connected and self._fill_once():
            pass
        if not self._flights and not self._beginning:
            self.idle.set()

    def _fill_once(self) -> bool:
        """Begins what is queued now; True when there may be more to begin."""
        room = self._capacity.room(list(self._flights.values()))
        begun = False
        for task in self._store.queued(room.total + _LOOK_AHEAD) if room.is_left else ():
            needed = board_needed(task.id.board, task.request.options)
            verdict = self._capacity.verdict(task.id, needed)
            if verdict is not None:
                self._end(task.id, verdict)
            elif room.take(needed):
                begun = True
                if not self._begin(task, needed):
                    room.give_back(needed)
        return begun and room.is_left

    def tick(self) -> None:
        """Called every second in which nothing happened: looks after the scheduler and the disk."""
        if self._cluster.is_connected:
            self._lost_since = None
        else:
            self._reconnect()
        if time.monotonic() >= self._next_eviction:
            self._next_eviction = time.monotonic() + _EVICTION_SECONDS
            evict(self._store, self._settings)

    def on_event(self, event: Mapping[str, Any]) -> None:
        """A worker tells that a stage began."""
        flight = next((each for each in self._flights.values() if each.work.token == event["token"]), None)
        if flight is not None and "stage" in event:
            for task in flight.tasks:
                self._store.note_stage(task, stage=event["stage"], worker=event["by"])
                self._notify(task.job_id)

    def cancel(self, job_id: JobId) -> None:
        """Ends the job's tasks; their work too unless another job waits for the same."""
        for flight in list(self._flights.values()):
            for task in [task for task in flight.tasks if task.job_id == job_id]:
                del flight.tasks[task]
                self._end(task, None)
            if not flight.tasks:
                self._drop(flight)

    def stop_beginning(self) -> None:
        """From now on nothing is begun."""
        self._beginning = False

    def give_back(self) -> None:
        """Stops what runs; it waits in the store for the next engine."""
        self._beginning = False
        for flight in list(self._flights.values()):
            for task in flight.tasks:
                self._store.requeue(task, Failure(code=INTERRUPTED, message="the engine was shut down"))
                self._notify(task.job_id)
            self._drop(flight)

    def _begin(self, queued: QueuedTask, needed: str | None) -> bool:
        """True when it takes part in something that is in the air now; else it has ended already."""
        attempt = self._store.begin(queued.id)
        if attempt is None:
            return False
        self._notify(queued.id.job_id)
        try:
            flight = self._flight_for(queued, needed)
        except (ProfilerError, OSError) as error:  # its board or its model is not there
            self._end(queued.id, failure_of_error(error, Limits.of(self._settings)))
            return False
        if isinstance(flight, Result):
            self._end(queued.id, flight)
            return False
        flight.tasks[queued.id] = attempt
        return True

    def _flight_for(self, queued: QueuedTask, needed: str | None) -> Flight | Result:
        """The result when it is known, else the work that is in the air for it, or is now."""
        request = queued.request
        identity = identify(request.model_sha256, queued.id.board, request.options, self._version)
        known = self._store.result(identity.key) or self._flights.get(identity.key)
        if known is not None:
            return known
        work = Work(
            token=uuid.uuid4().hex,
            topic=self._topic,
            model_sha256=request.model_sha256,
            board=queued.id.board,
            board_file=identity.board_file,
            board_digest=identity.board_digest,
            options_text=identity.options_text,
            engine_version=self._version,
            board_needed=needed,
            request_id=queued.request_id or "",
        )
        flight = Flight(key=identity.key, work=work, options=request.options, board_needed=needed)
        flight.futures = self._cluster.submit(work, self._store.blobs.read(request.model_sha256), board=needed)
        self._flights[identity.key] = flight
        flight.futures[-1].add_done_callback(lambda future: self._later(partial(self._on_done, flight, future)))
        return flight

    def _on_done(self, flight: Flight, future: Future[Any]) -> None:
        if self._flights.get(flight.key) is not flight:
            return  # it was dropped meanwhile
        answer = _answer_of(future)
        self._flights.pop(flight.key)
        flight.release()
        if isinstance(answer, Failure):
            for task, attempt in flight.tasks.items():
                self._retry_or_end(task, attempt, answer)
            return
        result = Result(
            key=flight.key,
            model_sha256=flight.work.model_sha256,
            board=flight.work.board,
            board_digest=flight.work.board_digest,
            options=flight.options,
            engine_version=self._version,
            created=datetime.datetime.now(datetime.UTC),
            profile_json=answer.profile_json,
        )
        for task in flight.tasks:
            self._end(task, result, answer.stage_seconds)

    def _retry_or_end(self, task: TaskId, attempt: int, failure: Failure) -> None:
        if failure.code in TRANSIENT and attempt < self._settings.max_attempts:
            _log.warning("%s on %s: attempt %d: %s", task.job_id, task.board, attempt, failure.message)
            self._store.requeue(task, failure)
            self._notify(task.job_id)
        else:
            tried = f" (attempt {attempt})" if attempt > 1 else ""
            self._end(task, Failure(code=failure.code, message=failure.message + tried, hint=failure.hint))

    def _end(
        self, task: TaskId, outcome: Result | Failure | None, stage_seconds: Mapping[str, float] | None = None
    ) -> None:
        self._store.finish(task, outcome, stage_seconds=stage_seconds)
        self._capacity.forget(task)
        self._notify(task.job_id)

    def _drop(self, flight: Flight) -> None:
        self._flights.pop(flight.key, None)
        flight.release()
        self._cluster.stop(flight.work.token)

    def _reconnect(self) -> None:
        """Everything in the air waits again; the scheduler is asked for until the patience ends."""
        now = time.monotonic()
        if self._lost_since is None:
            self._lost_since = now
        lost = Failure(
            code=SCHEDULER_LOST,
            message="the Dask scheduler was lost",
            hint="start it again; jobs that wait are begun when it answers",
        )
        for flight in list(self._flights.values()):
            self._flights.pop(flight.key)
            for task, attempt in flight.tasks.items():
                self._retry_or_end(task, attempt, lost)
        self._cluster.disconnect()
        try:
            self._cluster.connect()
            self._lost_since = None
        except WorkError:
            if now - (self._lost_since or now) > self._settings.scheduler_patience_seconds:
                for queued in self._store.queued(_LOOK_AHEAD):
                    self._end(queued.id, lost)


def _answer_of(future: Future[Any]) -> Finished | Failure:
    """What a future came to. Everything that is Dask's own trouble is a lost worker or a lost scheduler."""
    from distributed import KilledWorker

    if future.status in ("cancelled", "lost"):
        return Failure(code=SCHEDULER_LOST, message="the Dask scheduler was lost", hint="start it again")
    try:
        answer = future.result(timeout=_GATHER_SECONDS)
    except KilledWorker as error:
        message = f"the worker died while it worked on this: {str(error).splitlines()[0][:300]}"
        return Failure(code=WORKER_LOST, message=message, hint="see the log of the worker; more memory may help")
    except (OSError, TimeoutError) as error:
        return Failure(code=WORKER_LOST, message=f"the worker's answer was lost: {error}", hint="send the job again")
    except Exception as error:
        message = f"{type(error).__name__}: {error}"[:2000]
        return Failure(code=INTERNAL, message=message, hint="this is a defect of profiler: report it")
    if isinstance(answer, Failure) and answer.code == CANCELLED:  # not by its jobs: they would have let it go
        return Failure(code=INTERRUPTED, message="it was stopped on the worker")
    if not isinstance(answer, Finished | Failure):
        return Failure(code=INTERNAL, message=f"the worker answered with a {type(answer).__name__}")
    return answer
