"""What every route works with, made once when the service starts."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Annotated, Generic, Protocol, TypeVar

from fastapi import Depends, Request

from profiler.report.profile import Profile
from profiler.report.serialize import from_json
from profiler.service.access import Access, Caller
from profiler.service.keys import Scope
from profiler.service.metrics import Metrics
from profiler.service.problems import ProblemError
from profiler.settings import Settings
from profiler.store.model import Job
from profiler.store.store import Store
from profiler.work.capacity import Attached

_Value = TypeVar("_Value")


class WorkEngine(Protocol):
    """What works on the store's jobs; `profiler/work/engine.py` is the one there is."""

    def start(self) -> None:
        """Begin to work; what a killed engine left behind is taken up."""

    def submit(self, job_id: str) -> None:
        """An accepted job is there to be worked on."""

    def cancel(self, job_id: str) -> Job:
        """Stop a job as soon as it can be stopped."""

    def attached(self) -> tuple[Attached, ...]:
        """The attached boards that jobs may ask for."""

    def queue_length(self) -> int:
        """Tasks that wait."""

    def close(self, *, grace_seconds: float) -> None:
        """Stop working: what runs may end within that time, the rest waits for the next start."""

    @property
    def is_ready(self) -> bool:
        """Whether it works."""


class Recent(Generic[_Value]):
    """The values asked for last, at most so many. Threads may share it."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._lock = threading.Lock()
        self._values: OrderedDict[Hashable, _Value] = OrderedDict()

    def get(self, key: Hashable) -> _Value | None:
        """The value, when it is here."""
        with self._lock:
            found = self._values.get(key)
            if found is not None:
                self._values.move_to_end(key)
            return found

    def put(self, key: Hashable, value: _Value) -> _Value:
        """Remember a value; the longest unused one goes."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._maximum:
                self._values.popitem(last=False)
            return value


@dataclass(slots=True, kw_only=True)
class Service:
    """The parts. `stopping` is set with SIGTERM: nothing new is begun, streams end."""

    store: Store
    engine: WorkEngine
    engine_version: str
    settings: Settings
    access: Access
    metrics: Metrics
    estimates: Recent[bytes] = field(default_factory=lambda: Recent(20_000))  # by what the answer depends on
    answers: Recent[bytes] = field(default_factory=lambda: Recent(20_000))  # by the bytes of the request
    profiles: Recent[Profile] = field(default_factory=lambda: Recent(256))
    open_streams: int = 0
    stopping: bool = False

    def profile(self, result_key: str, *, model_name: str | None = None) -> Profile:
        """The profile of a result, under the name that the asking job has for the model. Blocks.

        Raises ProblemError `result-unknown`.
        """
        profile = self.profiles.get(result_key)
        if profile is None:
            result = self.store.result(result_key)
            if result is None:
                raise ProblemError(code="result-unknown", detail=f"there is no result {result_key[:64]!r}")
            profile = self.profiles.put(result_key, from_json(result.profile_json))
        if model_name is None or profile.model.name == model_name:
            return profile
        return replace(profile, model=replace(profile.model, name=model_name))


def service_of(request: Request) -> Service:
    """The service a request is for."""
    found: Service = request.app.state.service
    return found


def caller_with(wanted: Scope) -> Callable[[Request], object]:
    """A dependency: the caller, who must have this scope."""

    async def authorized(request: Request) -> Caller:
        return await service_of(request).access.authorize(request.scope, wanted)

    return authorized


ServiceDep = Annotated[Service, Depends(service_of)]
ReaderDep = Annotated[Caller, Depends(caller_with(Scope.READ))]
SubmitterDep = Annotated[Caller, Depends(caller_with(Scope.SUBMIT))]


def json_bytes(value: object) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
