"""What the service answers when it cannot: problem documents (RFC 9457) with a stable code and a hint.

`PROBLEMS` is the one table of codes; clients may rely on them, `docs/service.md` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException

from profiler.errors import (
    BoardError,
    DoesNotFitError,
    ModelError,
    ProfilerError,
    SettingsError,
    UnsupportedModelError,
)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem: its HTTP status, what it is called, and what helps when nothing better is known."""

    status: int
    title: str
    hint: str


PROBLEMS: dict[str, Kind] = {
    "request-invalid": Kind(status=422, title="The request is not valid", hint="correct what `errors` names"),
    "request-malformed": Kind(status=400, title="The request cannot be read", hint="see /v1/openapi.json"),
    "option-invalid": Kind(status=422, title="An option has no such value", hint="see /v1/openapi.json"),
    "model-missing": Kind(
        status=422, title="No model was given", hint="send a .tflite file as the form field `model`, or `model_sha256`"
    ),
    "model-damaged": Kind(status=422, title="The file is not a sound model", hint="convert the model again"),
    "model-unsupported": Kind(
        status=422, title="The model uses what cannot be run", hint="`profiler inspect` names every such operator"
    ),
    "model-does-not-fit": Kind(status=422, title="The model does not fit the board", hint="choose a larger board"),
    "model-unknown": Kind(status=404, title="No such model is stored", hint="upload it with POST /v1/profiles"),
    "board-unknown": Kind(status=422, title="There is no such board", hint="GET /v1/boards lists them"),
    "job-unknown": Kind(status=404, title="There is no such profile", hint="GET /v1/profiles lists them"),
    "result-unknown": Kind(status=404, title="There is no such result", hint="GET /v1/profiles/{id} lists results"),
    "result-not-ready": Kind(
        status=409, title="The result is not there yet", hint="wait for the job: GET /v1/profiles/{id}/events"
    ),
    "job-without-result": Kind(
        status=409, title="The job ended without this result", hint="GET /v1/profiles/{id} tells why"
    ),
    "job-finished": Kind(status=409, title="The job has ended already", hint="its result stays"),
    "idempotency-conflict": Kind(
        status=409,
        title="The idempotency key was used for another request",
        hint="use a new Idempotency-Key for a new request",
    ),
    "not-found": Kind(status=404, title="There is nothing at this address", hint="see /v1/openapi.json"),
    "method-not-allowed": Kind(status=405, title="The address has no such method", hint="see the Allow header"),
    "media-type-unsupported": Kind(
        status=415,
        title="The request is of a kind that is not read",
        hint="send multipart/form-data or application/json",
    ),
    "too-large": Kind(
        status=413, title="The request is too large", hint="quantize the model: no board has flash for this one"
    ),
    "key-missing": Kind(
        status=401,
        title="An API key is needed",
        hint="send `Authorization: Bearer KEY`; `profiler keys create` makes one",
    ),
    "key-invalid": Kind(
        status=401, title="The API key is not valid", hint="it is mistyped or revoked; `profiler keys create` makes one"
    ),
    "scope-missing": Kind(
        status=403, title="The API key may not do this", hint="create a key with the scope that `detail` names"
    ),
    "origin-refused": Kind(
        status=403, title="Pages of other origins may not send this", hint="add the origin to service.cors_origins"
    ),
    "host-refused": Kind(
        status=421, title="The service is not called by this name", hint="add the name to service.allowed_hosts"
    ),
    "rate-limited": Kind(status=429, title="Too many requests", hint="wait for the seconds of Retry-After"),
    "request-timeout": Kind(status=408, title="The request did not arrive in time", hint="send it again"),
    "busy": Kind(status=503, title="The service is busy", hint="wait for the seconds of Retry-After"),
    "shutting-down": Kind(status=503, title="The service is going down", hint="send the request again in a minute"),
    "not-ready": Kind(status=503, title="The service is not ready", hint="`checks` tells what is missing"),
    "internal": Kind(
        status=500, title="Something went wrong inside the service", hint="tell its operator the `request_id`"
    ),
}
"""Kinds by their stable code, which is part of the API."""

_CODES: tuple[tuple[type[ProfilerError], str], ...] = (
    (ModelError, "model-damaged"),
    (UnsupportedModelError, "model-unsupported"),
    (DoesNotFitError, "model-does-not-fit"),
    (BoardError, "board-unknown"),
    (SettingsError, "option-invalid"),
)


class ProblemError(HTTPException):
    """Raised to answer with a problem. `headers` go into the answer (Retry-After), `more` into the document."""

    def __init__(
        self,
        *,
        code: str,
        detail: str,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(PROBLEMS[code].status, detail, headers)
        self.code = code
        self.hint = hint
        self.more = dict(more or {})


def document(problem: ProblemError, *, instance: str, request_id: str) -> dict[str, Any]:
    """The problem as the JSON object that is sent."""
    kind = PROBLEMS[problem.code]
    return {
        "type": f"/problems/{problem.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "instance": instance,
        "code": problem.code,
        "hint": problem.hint or kind.hint,
        "request_id": request_id,
        **problem.more,
    }


def of_error(error: ProfilerError) -> ProblemError:
    """The problem of an error of the project; one that no user caused is `internal`."""
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "internal")
    return ProblemError(code=code, detail=error.message, hint=error.hint)


def of_validation(errors: Sequence[Mapping[str, Any]]) -> ProblemError:
    """The problem of a request that does not have the documented form; `errors` as pydantic lists them."""
    listed = [
        {"where": ".".join(str(part) for part in each["loc"]), "message": str(each["msg"])} for each in errors[:20]
    ]
    first = listed[0] if listed else {"where": "request", "message": "not valid"}
    return ProblemError(code="request-invalid", detail=f"{first['where']}: {first['message']}", more={"errors": listed})


def of_status(status: int, detail: str) -> ProblemError:
    """The problem of a bare HTTP error of the framework."""
    codes = {404: "not-found", 405: "method-not-allowed", 422: "request-invalid", 500: "internal"}
    known = codes.get(status) or next((code for code, kind in PROBLEMS.items() if kind.status == status), "internal")
    return ProblemError(code=known, detail=detail)
