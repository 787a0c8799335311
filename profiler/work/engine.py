"""The engine: takes accepted jobs from the store, has them done on Dask, and writes back what became of them.

One thread dispatches; everything else (Dask's threads, callers) only puts actions into its inbox. The store is the
queue, so that an engine which dies leaves nothing behind that the next one does not find.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from profiler.pipeline import Options
from profiler.settings import Settings
from profiler.store.model import Failure, Job, JobId, JobState, Result
from profiler.store.store import Store
from profiler.work.capacity import Attached
from profiler.work.cluster import Cluster
from profiler.work.dispatch import Dispatcher
from profiler.work.failures import INTERRUPTED
from profiler.work.identity import identify
from profiler.work.version import engine_version

_TICK_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Engine:
    """Works on a store's jobs from `start` to `close`. Methods may be called from any thread."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        scheduler: str | None = None,
        *,
        on_change: Callable[[JobId], None] | None = None,
    ) -> None:
        """`scheduler`: address of a Dask scheduler (else the one of the settings, else this process).

        `on_change` is called whenever something new can be read about a job, on a thread of the engine's.
        """
        self.version = engine_version(settings)
        self._store = store
        self._settings = settings
        self._on_change = on_change or (lambda _job_id: None)
        self._changed = threading.Condition()
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._held = ExitStack()
        topic = f"profiler-{uuid.uuid4().hex}"
        cluster = Cluster(
            settings,
            scheduler or settings.scheduler,
            topic,
            on_event=lambda event: self._inbox.put(partial(self._dispatcher.on_event, event)),
        )
        self._dispatcher = Dispatcher(
            store, settings, cluster, version=self.version, topic=topic, later=self._inbox.put, notify=self._notify
        )
        self._cluster = cluster

    def start(self, *, abandon: bool = False) -> None:
        """Begins to work, on what a dead engine left too unless `abandon` cancels that.

        Raises StoreError when another engine works on the store, WorkError when the scheduler does not answer.
        """
        self._held.enter_context(self._store.exclusively())
        try:
            self._cluster.connect()
        except BaseException:
            self._held.close()
            raise
        if abandon:
            for job_id in self._store.unfinished():
                self._store.request_cancel(job_id)
        self.recover()
        self._thread = threading.Thread(target=self._run, name="profiler-engine", daemon=True)
        self._thread.start()

    def recover(self) -> None:
        """What was begun by an engine that is no more waits again, or fails when it was begun too often."""
        for task, attempts, cancel in self._store.running():
            message = f"the engine ended while attempt {attempts} was running"
            failure = Failure(code=INTERRUPTED, message=message, hint="send the job again")
            if cancel:
                self._store.finish(task, None)
            elif attempts >= self._settings.max_attempts:
                self._store.finish(task, failure)
            else:
                self._store.requeue(task, failure)

    def submit(self, job_id: str) -> None:
        """Have the accepted job done. It would be found without this call too, a second later."""
        self._inbox.put(lambda: _log.debug("job %s was submitted", job_id))

    def cancel(self, job_id: str) -> Job:
        """What waits is cancelled at once, what runs is stopped. Raises StoreError when there is no such job."""
        job = self._store.request_cancel(job_id)
        self._inbox.put(partial(self._dispatcher.cancel, job.id))
        self._notify(job.id)
        return job

    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """The job when it is finished, or as it stands after `timeout` seconds."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._changed:
                job = self._store.job(job_id)
                left = None if end is None else end - time.monotonic()
                if job.state.is_final or (left is not None and left <= 0):
                    return job
                self._changed.wait(left)

    def known_result(self, model_sha256: str, board: str, options: Options) -> Result | None:
        """The result of this very question, when it was answered before. Raises BoardError when there is no board."""
        return self._store.result(identify(model_sha256, board, options, self.version).key)

    def attached(self) -> tuple[Attached, ...]:
        """The attached boards that jobs may ask for, as the workers said last."""
        return self._dispatcher.attached()

    def queue_length(self) -> int:
        """Number of jobs that wait or run."""
        counts = self._store.counts()
        return counts[JobState.QUEUED] + counts[JobState.RUNNING]

    @property
    def is_ready(self) -> bool:
        """Whether it works and its scheduler answers."""
        return self._thread is not None and self._thread.is_alive() and self._cluster.is_connected

    def close(self, graceful: bool = True, *, grace_seconds: float = 20.0) -> None:
        """Ends the work. Graceful: what runs may end within `grace_seconds`; the rest waits in the store for the next
        engine."""
        if self._thread is not None:
            self._inbox.put(self._dispatcher.stop_beginning)
            if graceful:
                self._dispatcher.idle.wait(grace_seconds)
            self._inbox.put(self._dispatcher.give_back)
            self._inbox.put(None)
            self._thread.join()
            self._thread = None
        self._cluster.close()
        self._held.close()

    def _run(self) -> None:
        self._dispatcher.fill()
        while True:
            try:
                action = self._inbox.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                action = self._dispatcher.tick
            if action is None:
                return
            try:
                action()
                self._dispatcher.fill()
            except Exception:  # one job's trouble must not stop the others'
                _log.exception("the engine met an error and goes on")
                time.sleep(_TICK_SECONDS / 10)

    def _notify(self, job_id: JobId) -> None:
        with self._changed:
            self._changed.notify_all()
        try:
            self._on_change(job_id)
        except Exception:
            _log.exception("the listener to job %s failed", job_id)
