"""The quick way of `POST /v1/estimate`: a request that came before, byte for byte, is answered without the application.

It is a way around the framework's routing and validation, not around the rules: host, origin, key, scope, rate, limits,
headers and metrics are the same, and what was asked was validated the first time.
"""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send

from profiler.service import keys
from profiler.service.context import Service

PATH = "/v1/estimate"
_LONGEST_BYTES = 4096


def applies(scope: Scope) -> bool:
    """Whether the request may be one: short JSON."""
    if scope["path"] != PATH or scope["method"] != "POST":
        return False
    is_json, is_short = False, False
    for name, value in scope["headers"]:
        if name == b"content-type":
            is_json = value == b"application/json"
        elif name == b"content-length":
            is_short = value.isdigit() and len(value) < 5 and int(value) <= _LONGEST_BYTES
    return is_json and is_short


async def answered(service: Service, scope: Scope, receive: Receive, send: Send) -> Receive | None:
    """None when the answer was known and is sent; else what the application receives from. Raises ProblemError."""
    await service.access.authorize(scope, keys.Scope.READ)
    parts: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return _again(message, receive)
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    body = b"".join(parts)
    known = service.answers.get(body)
    if known is None:
        return _again({"type": "http.request", "body": body, "more_body": False}, receive)
    service.metrics.estimated("memory")
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(known)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": known})
    return None


def _again(message: Message, receive: Receive) -> Receive:
    """The message that was received already, then whatever follows."""
    waiting = [message]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
