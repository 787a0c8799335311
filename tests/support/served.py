"""The service with a store of its own and an engine that answers at once, in this process or behind a real port."""

from __future__ import annotations

import datetime
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2 as httpx
import uvicorn
from starlette.types import ASGIApp

from profiler.boards.loader import load_board
from profiler.progress import STAGES
from profiler.report.serialize import to_json
from profiler.service.app import make_app, make_service
from profiler.service.context import Service
from profiler.service.keys import digest, new_secret
from profiler.settings import Settings, load_settings
from profiler.store.codec import options_text
from profiler.store.model import ApiKey, Failure, Job, QueuedTask, Result, result_key
from profiler.store.store import Store
from profiler.work.capacity import Attached
from profiler.work.version import engine_version
from tests.support.sample_profile import sample_profile


@dataclass(slots=True, kw_only=True)
class InstantEngine:
    """Implements `WorkEngine`: a submitted job is done at once with the sample's profile, unless it is `held`."""

    store: Store
    settings: Settings
    held: bool = False
    failure: Failure | None = None
    started: bool = False
    submitted: list[str] = field(default_factory=list)
    offered: tuple[Attached, ...] = ()

    def start(self) -> None:
        self.started = True

    def close(self, *, grace_seconds: float) -> None:  # noqa: ARG002
        self.started = False

    @property
    def is_ready(self) -> bool:
        return self.started

    def submit(self, job_id: str) -> None:
        self.submitted.append(job_id)
        if not self.held:
            self.work()

    def cancel(self, job_id: str) -> Job:
        return self.store.request_cancel(job_id)

    def attached(self) -> tuple[Attached, ...]:
        return self.offered

    def queue_length(self) -> int:
        return len(self.store.queued(1000))

    def begin(self, task: QueuedTask, stages: int = len(STAGES)) -> None:
        self.store.begin(task.id)
        for position in range(stages):
            self.store.note_stage(task.id, stage=STAGES[position], worker="test")

    def work(self) -> None:
        """Finish all that waits."""
        for task in self.store.queued(1000):
            self.begin(task)
            self.end(task)

    def end(self, task: QueuedTask) -> None:
        outcome = self.failure or self.result(task)
        self.store.finish(task.id, outcome, stage_seconds=dict.fromkeys(STAGES, 0.01))

    def result(self, task: QueuedTask) -> Result:
        request, board = task.request, load_board(task.id.board)
        profile = sample_profile(board=board, model_name=request.model_name)
        profile = replace(profile, model=replace(profile.model, sha256=request.model_sha256))
        version = engine_version(self.settings)
        return Result(
            key=result_key(
                model_sha256=request.model_sha256,
                board_digest=board.digest,
                options_text=options_text(request.options),
                engine_version=version,
            ),
            model_sha256=request.model_sha256,
            board=board.name,
            board_digest=board.digest,
            options=request.options,
            engine_version=version,
            created=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
            profile_json=to_json(profile),
        )


@dataclass(slots=True, kw_only=True)
class Served:
    """A service under test."""

    service: Service
    engine: InstantEngine
    app: ASGIApp
    address: str = ""  # when it listens

    def key(self, *scopes: str, name: str = "test") -> str:
        """A new API key."""
        secret = new_secret()
        now = datetime.datetime.now(datetime.UTC)
        identity = secret[-8:]
        self.service.store.add_key(
            ApiKey(id=identity, name=name, scopes=scopes or ("admin",), hash=digest(secret), created=now)
        )
        return secret

    def client(self, **options: object) -> httpx.AsyncClient:
        """A client that calls the application without a network."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", **options)  # type: ignore[arg-type]


def make_served(folder: Path, **service_settings: object) -> Served:
    """A service whose data are below `folder`. Rates are off unless given."""
    chosen = {"read_rate": "", "submit_rate": "", **service_settings}
    settings = load_settings(data_folder=folder / "data", cache_folder=folder / "cache", service=chosen)
    store = Store.open(None, settings.data_folder)
    engine = InstantEngine(store=store, settings=settings)
    service = make_service(settings, store, engine)
    return Served(service=service, engine=engine, app=make_app(service))


@contextmanager
def listening(served: Served) -> Iterator[str]:
    """The service behind a port of this machine, in a thread; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(served.app, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        served.service.stopping = True
        server.should_exit = True
        thread.join(20)
        listener.close()
        served.service.store.close()
