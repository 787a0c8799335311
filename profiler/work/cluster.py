"""The engine's connection to Dask: a scheduler within this process by default, or one somewhere else."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dask
from distributed import Client, Future, LocalCluster, Scheduler

from profiler.errors import WorkError
from profiler.settings import Settings
from profiler.work.boards import BOARD_RESOURCE, BoardStock
from profiler.work.pool import ProfilerPlugin, stop_on_worker
from profiler.work.stages import build_part, profile_part
from profiler.work.work import Work

CONNECT_SECONDS = 10
# Dask keeps the last messages of each connection for its developers: a thousand, by default, models and all
LOG_LENGTH = 16
dask.config.set({"distributed.admin.low-level-log-length": LOG_LENGTH})
for _name in ("distributed", "distributed.client"):  # one form for all logs: not that of Dask's own handlers
    logging.getLogger(_name).handlers.clear()
    logging.getLogger(_name).propagate = True
    logging.getLogger(_name).setLevel(logging.WARNING)  # it tells every step of its own
logging.getLogger("distributed.worker.state_machine").setLevel(logging.ERROR)  # of each task that is stopped on purpose

# Dask's own pages would show what runs here to everybody on the machine
NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


class Cluster:
    """Submits work and tells of its progress. `on_event` gets each event's dictionary, on a thread of Dask's."""

    def __init__(
        self, settings: Settings, scheduler: str | None, topic: str, on_event: Callable[[Mapping[str, Any]], None]
    ) -> None:
        self._settings = settings
        self._scheduler = scheduler
        self._topic = topic
        self._on_event = on_event
        self._local: LocalCluster | None = None
        self._client: Client | None = None

    def connect(self) -> None:
        """Starts the local workers, or finds the scheduler. Raises WorkError when it does not answer."""
        if self._scheduler is None:
            self._client = self._start_locally()
        else:
            try:
                self._client = Client(self._scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
                self._client.register_plugin(ProfilerPlugin())
                # a worker that dies under a task is the engine's to judge, which counts attempts on disk
                self._client.run_on_scheduler(_set_up, LOG_LENGTH)
            except (OSError, ValueError) as error:
                raise WorkError(
                    f"no Dask scheduler answers at {self._scheduler}",
                    hint="start one with `dask scheduler`, and workers with `profiler worker --scheduler ADDRESS`",
                ) from error
        self._client.subscribe_topic(self._topic, lambda event: self._on_event(event[1]))

    @property
    def is_connected(self) -> bool:
        """Whether work can be submitted now."""
        return self._client is not None and self._client.status == "running"

    def disconnect(self) -> None:
        """Lets go of a scheduler that is lost."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # it is lost: whatever it says about that is no news
                client.close(timeout=1)

    def workers(self) -> list[Mapping[str, Any]]:
        """Each worker's `nthreads` and `resources`. Raises OSError when the scheduler does not answer."""
        assert self._client is not None
        return list(self._client.scheduler_info(n_workers=-1)["workers"].values())

    def submit(self, work: Work, model: bytes, *, board: str | None) -> tuple[Future[Any], Future[Any]]:
        """The futures of both parts; the second one's is the answer. `board`: as `board_needed` says."""
        assert self._client is not None
        built = self._client.submit(build_part, work, model, key=f"build-{work.token}", pure=False)
        resources = _resources(board) if board is not None else None
        profiled = self._client.submit(
            profile_part,
            work,
            model,
            built,
            key=f"profile-{work.token}",
            pure=False,
            resources=resources,
            priority=10,  # what is half done goes first: firmwares do not pile up in memory
        )
        return built, profiled

    def stop(self, token: str) -> None:
        """Ends the work with that token wherever it runs."""
        if self._client is not None and self.is_connected:
            with contextlib.suppress(Exception):  # a worker that cannot be asked has lost the work anyway
                self._client.run(stop_on_worker, token, on_error="ignore")

    def close(self) -> None:
        """Ends the connection, and the local workers with everything that they run."""
        if self._client is not None:
            self._client.close()
        if self._local is not None:
            self._local.close()

    def _start_locally(self) -> Client:
        with dask.config.set(NO_PAGES):
            # Workers are threads: what they do is wait for child processes, which is where models are worked on.
            self._local = LocalCluster(
                processes=False,
                n_workers=1,
                threads_per_worker=self._settings.workers,
                dashboard_address="127.0.0.1:0",
                worker_dashboard_address="127.0.0.1:0",
                memory_limit=0,
                resources=BoardStock(self._settings.lab_file).resources(),
            )
            client = Client(self._local, set_as_default=False)
        client.register_plugin(ProfilerPlugin(self._settings))
        return client


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """What a scheduler has at its disposal."""

    workers: int
    threads: int


def look_at_scheduler(address: str) -> Answering | None:
    """What it says, None when it does not answer; nothing is changed there."""
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        with Client(address, timeout=CONNECT_SECONDS, set_as_default=False) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            return Answering(workers=len(workers), threads=sum(worker["nthreads"] for worker in workers))
    except (OSError, ValueError):
        return None


def _resources(board: str) -> dict[str, int]:
    """One of those boards; of one with an alias, that one too."""
    return {BOARD_RESOURCE + name: 1 for name in (board, board.partition(":")[0])}


def _set_up(log_length: int, dask_scheduler: Scheduler) -> None:
    """Called within the scheduler: no second attempts, and no old messages."""
    dask_scheduler.allowed_failures = 0
    dask.config.set({"distributed.admin.low-level-log-length": log_length})
    for stream in (*dask_scheduler.stream_comms.values(), *dask_scheduler.client_comms.values()):
        stream.recent_message_log = deque(stream.recent_message_log, maxlen=log_length)
