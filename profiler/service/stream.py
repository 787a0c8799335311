"""The events of a job as server-sent events, from wherever the client left off."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator

import anyio
import anyio.to_thread
from fastapi.sse import ServerSentEvent

from profiler.service.context import Service
from profiler.service.problems import ProblemError
from profiler.store.model import EventKind, JobState

_POLL_SECONDS = 0.25
_PING_SECONDS = 15.0


def require_room(service: Service) -> None:
    """Raises ProblemError `busy` when too many streams are open."""
    if service.open_streams >= service.settings.service.event_streams_at_once:
        raise ProblemError(
            code="busy", detail=f"{service.open_streams} event streams are open", headers={"Retry-After": "5"}
        )


async def follow(service: Service, job_id: str, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
    """Every event after `last_event_id`, then `end` with the job's final state. Ends early when the service stops."""
    after = int(last_event_id) if last_event_id and last_event_id.isdigit() and len(last_event_id) < 10 else 0
    service.open_streams += 1
    try:
        quiet_seconds = 0.0
        while not service.stopping:
            found = await anyio.to_thread.run_sync(service.store.events, job_id, after)
            for event in found:
                after = event.sequence
                data = {"time": _text(event.time), **event.data}
                yield ServerSentEvent(event=event.kind.value, id=str(event.sequence), data=data)
                if event.kind is EventKind.JOB and JobState(str(event.data["state"])).is_final:
                    yield ServerSentEvent(event="end", id=str(event.sequence), data={"state": event.data["state"]})
                    return
            if not found and await _is_over(service, job_id):
                return
            quiet_seconds = 0.0 if found else quiet_seconds + _POLL_SECONDS
            if quiet_seconds >= _PING_SECONDS:
                yield ServerSentEvent(comment="still here")
                quiet_seconds = 0.0
            await anyio.sleep(_POLL_SECONDS)
    finally:
        service.open_streams -= 1


async def _is_over(service: Service, job_id: str) -> bool:
    """A client that comes back after the last event gets nothing more."""
    job = await anyio.to_thread.run_sync(service.store.job, job_id)
    return job.state.is_final


def _text(time: datetime.datetime) -> str:
    return time.isoformat(timespec="milliseconds")
