"""A worker's sandboxes: one for each task it works on at once, kept for the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from distributed import Worker, WorkerPlugin, get_worker

from profiler.settings import Settings, load_settings
from profiler.store.model import Failure
from profiler.work.boards import BoardStock
from profiler.work.sandbox import ChildTask, Sandbox

PLUGIN = "profiler"
_MAXIMUM_STOPPED = 1000


class SandboxPool:
    """Sandboxes by the token of the task they work on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Sandbox] = []
        self._busy: dict[str, Sandbox] = {}
        self._stopped: dict[str, None] = {}  # tokens that must not begin any more, the oldest first

    def run(
        self, token: str, task: ChildTask, on_message: Callable[[Mapping[str, Any]], None]
    ) -> Mapping[str, Any] | Failure:
        """See Sandbox.run."""
        with self._borrowed(token) as sandbox:
            if sandbox is None:
                return Failure(code="cancelled", message="it was cancelled")
            return sandbox.run(task, on_message)

    def stop(self, token: str) -> None:
        """Ends the task with that token, now or before it begins."""
        with self._lock:
            self._stopped[token] = None
            if len(self._stopped) > _MAXIMUM_STOPPED:
                del self._stopped[next(iter(self._stopped))]
            sandbox = self._busy.get(token)
        if sandbox is not None:
            sandbox.stop()

    def is_stopped(self, token: str) -> bool:
        """Whether the task with that token must not begin any more."""
        with self._lock:
            return token in self._stopped

    def close(self) -> None:
        """Ends everything."""
        with self._lock:
            sandboxes = [*self._idle, *self._busy.values()]
            self._idle.clear()
        for sandbox in sandboxes:
            sandbox.close()

    @contextmanager
    def _borrowed(self, token: str) -> Iterator[Sandbox | None]:
        with self._lock:
            if token in self._stopped:
                yield None
                return
            sandbox = self._idle.pop() if self._idle else Sandbox()
            self._busy[token] = sandbox
        try:
            yield sandbox
        finally:
            with self._lock:
                del self._busy[token]
                self._idle.append(sandbox)


class ProfilerPlugin(WorkerPlugin):
    """What a Dask worker has to have for the engine's tasks. Without settings, as an engine sends it: its host's.

    `plugged`: boards of the host that its lab file need not name, as `BoardStock` has them.
    """

    of_host: ClassVar[ProfilerPlugin | None] = None
    """What a worker's process was started with: the plugin that an engine sends takes the place of the worker's own."""

    name = PLUGIN
    idempotent = True  # a second engine on the same cluster must not end the first one's tasks

    def __init__(self, settings: Settings | None = None, plugged: Mapping[str, int] | None = None) -> None:
        self._settings = settings
        self._plugged = plugged
        self._pool: SandboxPool | None = None
        self._boards: BoardStock | None = None

    def __reduce__(self) -> tuple[type[ProfilerPlugin], tuple[Settings | None, Mapping[str, int] | None]]:
        return type(self), (self._settings, self._plugged)

    def setup(self, worker: Worker) -> None:  # noqa: ARG002  (the signature is Dask's)
        """Called on the worker."""
        if self._settings is None and self.of_host is not None:
            self._settings, self._plugged = self.of_host.settings, self.of_host._plugged
        self._settings = self._settings or load_settings()
        self._pool = SandboxPool()
        self._boards = BoardStock(self._settings.lab_file, self._plugged)

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002
        """Called on the worker when it goes."""
        if self._pool is not None:
            self._pool.close()

    @property
    def settings(self) -> Settings:
        """Of this worker."""
        assert self._settings is not None, "the plugin was not set up"
        return self._settings

    @property
    def pool(self) -> SandboxPool:
        """Of this worker."""
        assert self._pool is not None, "the plugin was not set up"
        return self._pool

    @property
    def boards(self) -> BoardStock:
        """Of this worker's host."""
        assert self._boards is not None, "the plugin was not set up"
        return self._boards


def plugin_of(worker: Worker) -> ProfilerPlugin:
    """The plugin of a worker that has it."""
    plugin = worker.plugins[PLUGIN]
    assert isinstance(plugin, ProfilerPlugin)
    return plugin


def stop_on_worker(token: str, dask_worker: Worker) -> None:
    """Ends a task wherever it runs; called on every worker."""
    plugin_of(dask_worker).pool.stop(token)


def current_plugin() -> ProfilerPlugin:
    """The plugin of the worker whose task this is."""
    return plugin_of(get_worker())
