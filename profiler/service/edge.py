"""The edge of the service, around the application: what holds for every request, whatever route it takes.

A request id, the host and origin it may come from, limits of its body, security headers on every answer, a line in the
log, metrics, and a problem document when something unforeseen goes wrong.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from profiler import logs
from profiler.service import quick
from profiler.service.bodies import Body, Places
from profiler.service.context import Service
from profiler.service.problems import MEDIA_TYPE, ProblemError, document
from profiler.settings_service import ServiceSettings

_LOG = logging.getLogger("profiler.service.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_PLOTLY_STYLES = (  # Plotly makes two style elements, one empty, and fills them through the DOM
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='"
)
POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_PLOTLY_STYLES}; img-src 'self' data: blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of pages. A route that answers with its own policy keeps it."""

SECURITY_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


_SECURITY_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class Edge:
    """ASGI application around the service's application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._settings = service.settings.service
        self._hosts = _allowed_hosts(self._settings)
        self._places = Places(self._settings.uploads_at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; anything else (the lifespan) goes through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(scope, send)
        token = logs.request_id.set(exchange.request_id)
        body: Body | None = None
        try:
            _require_host(exchange.headers, self._hosts)
            _require_origin(scope, exchange.headers, self._settings)
            body = Body(scope, receive, self._settings, self._places)
            await self._answer(scope, body.receive, exchange)
        except ProblemError as problem:
            await exchange.send_problem(problem)
        except Exception:
            logging.getLogger("profiler.service").exception("unhandled error")
            await exchange.send_problem(ProblemError(code="internal", detail="the request could not be answered"))
        finally:
            if body is not None:
                body.close()
            self._record(exchange)
            logs.request_id.reset(token)

    async def _answer(self, scope: Scope, receive: Receive, exchange: _Exchange) -> None:
        if quick.applies(scope):
            rest = await quick.answered(self._service, scope, receive, exchange.send)
            if rest is None:
                exchange.route = quick.PATH
                return
            receive = rest
        await self._app(scope, receive, exchange.send)

    def _record(self, exchange: _Exchange) -> None:
        seconds = time.perf_counter() - exchange.begun
        route = exchange.route or getattr(exchange.scope.get("route"), "path", "") or "other"
        self._service.metrics.answered(exchange.scope["method"], route, exchange.status, seconds)
        if _LOG.isEnabledFor(logging.INFO) and route not in ("/healthz", "/v1/estimate"):
            fields = {
                "method": exchange.scope["method"],
                "path": exchange.scope["path"],
                "status": exchange.status,
                "seconds": round(seconds, 6),
                "key_id": exchange.scope["state"].get("key_id"),
            }
            _LOG.info("%s %s %s", fields["method"], fields["path"], fields["status"], extra=fields)


class _Exchange:
    """One request and what was answered."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope = scope
        self.status = 0
        self.begun = time.perf_counter()
        self.route = ""
        self.headers = Headers(scope=scope)
        given = self.headers.get("x-request-id", "")
        self.request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = self.request_id
        self._send = send

    async def send(self, message: Message) -> None:
        """Every answer carries the request's id and the headers that protect its reader."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.setdefault("headers", [])
            present = {name.lower() for name, _ in headers}
            message["headers"] = [
                *headers,
                (b"x-request-id", self.request_id.encode()),
                *(pair for pair in _SECURITY_HEADERS if pair[0] not in present),
            ]
        await self._send(message)

    async def send_problem(self, problem: ProblemError) -> None:
        """Answer with a problem, unless an answer has begun: then the connection just ends."""
        if self.status:
            return
        answer = document(problem, instance=self.scope["path"], request_id=self.request_id)
        data = json.dumps(answer).encode()
        headers = MutableHeaders({"Content-Type": MEDIA_TYPE, "Content-Length": str(len(data))})
        headers.update(problem.headers or {})
        await self.send({"type": "http.response.start", "status": problem.status_code, "headers": headers.raw})
        await self.send({"type": "http.response.body", "body": data})


def _allowed_hosts(settings: ServiceSettings) -> frozenset[str] | None:
    """Names the service may be called by; None: any, for it listens to everybody and nobody told its names."""
    names = {*settings.allowed_hosts, settings.host}
    if settings.is_local:
        return frozenset(names | _LOCAL_NAMES)
    return frozenset(names) if settings.allowed_hosts else None


def _require_host(headers: Headers, allowed: frozenset[str] | None) -> None:
    """A page of another site that had its name point to this address (DNS rebinding) calls by that name."""
    host = headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if allowed is not None and name not in allowed:
        raise ProblemError(code="host-refused", detail=f"the request was for host {host[:100]!r}")


def _require_origin(scope: Scope, headers: Headers, settings: ServiceSettings) -> None:
    """Browsers tell where a page that sends something came from; other sites' pages may not."""
    if scope["method"] in _SAFE_METHODS:
        return
    origin = headers.get("origin")
    if origin is None or origin in settings.cors_origins:
        return
    if urlsplit(origin).netloc != headers.get("host", ""):
        raise ProblemError(code="origin-refused", detail=f"the request came from a page of {origin[:100]!r}")
