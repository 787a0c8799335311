"""Request bodies: how large, how slow and how many at once. Everything is refused as early as it is known."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio
from starlette.types import Message, Receive, Scope

from profiler.service.problems import ProblemError
from profiler.settings_service import ServiceSettings

LARGE_BYTES = 1 << 20
"""Bodies above this take one of the places for uploads."""

SLOWEST_BYTES_PER_SECOND = 8192
"""A body must arrive at least this fast on average, so that nobody holds a place by sending a byte now and then."""

MORE_THAN_THE_MODEL_BYTES = 64 << 10
"""What a form may have beside the largest model."""


class Places:
    """Places for large bodies. `taken` is how many are read now."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0

    def take(self) -> None:
        """Raises ProblemError `busy` when there is none left."""
        if self.taken >= self.count:
            raise ProblemError(
                code="busy", detail=f"{self.count} uploads are under way already", headers={"Retry-After": "5"}
            )
        self.taken += 1


class Body:
    """`receive` of one request, within the limits. `close` must be called when the request has been answered."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        settings: ServiceSettings,
        places: Places,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._receive = receive
        self._limit_bytes = settings.max_upload_bytes + MORE_THAN_THE_MODEL_BYTES
        self._idle_seconds = settings.upload_idle_seconds
        self._places = places
        self._clock = clock
        self._begun = clock()
        self._received_bytes = 0
        self._has_place = False
        self._complete = False
        self._expect(_declared_bytes(scope))

    def close(self) -> None:
        """Give the place back."""
        if self._has_place:
            self._places.taken -= 1
            self._has_place = False

    async def receive(self) -> Message:
        """The next message. Raises ProblemError: `too-large`, `request-timeout`, `busy`."""
        if self._complete:  # what follows is the client going away, which may take as long as it likes
            return await self._receive()
        with anyio.move_on_after(self._idle_seconds):
            message = await self._receive()
            if message["type"] == "http.request":
                self._received_bytes += len(message.get("body", b""))
                self._complete = not message.get("more_body", False)
                self._expect(self._received_bytes)
                self._require_speed()
            return message
        raise ProblemError(
            code="request-timeout", detail=f"nothing arrived for {self._idle_seconds:g} seconds", headers=_CLOSE
        )

    def _expect(self, size_bytes: int) -> None:
        if size_bytes > self._limit_bytes:
            raise ProblemError(
                code="too-large",
                detail=f"the request has {size_bytes} bytes or more, {self._limit_bytes} are allowed",
                headers=_CLOSE,
            )
        if size_bytes > LARGE_BYTES and not self._has_place:
            self._places.take()
            self._has_place = True

    def _require_speed(self) -> None:
        allowed_seconds = self._idle_seconds + self._received_bytes / SLOWEST_BYTES_PER_SECOND
        if not self._complete and self._clock() - self._begun > allowed_seconds:
            raise ProblemError(
                code="request-timeout",
                detail=f"the request arrives with less than {SLOWEST_BYTES_PER_SECOND} bytes a second",
                headers=_CLOSE,
            )


_CLOSE = {"Connection": "close"}


def _declared_bytes(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
