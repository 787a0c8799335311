"""`POST /v1/estimate`: figures at once where they are known, within a wait where they are not."""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response

from profiler.service.access import Caller
from profiler.service.context import Service, service_of
from profiler.service.estimates import computed_estimate, known_estimate, remember
from profiler.service.forms import read_form, validated, validated_json
from profiler.service.keys import Scope
from profiler.service.schemas import EstimateBody, EstimateForm, EstimateQuery, JobBody
from profiler.service.uploads import keep_model
from profiler.service.views import job_body

router = APIRouter(prefix="/v1", tags=["estimates"])


def _request_body() -> dict[str, Any]:
    """Both forms of the request, for OpenAPI: the route reads them itself, which makes the known answer fast."""
    reference = "#/components/schemas/{model}"
    form = EstimateForm.model_json_schema(ref_template=reference)
    query = EstimateQuery.model_json_schema(ref_template=reference)
    for schema in (form, query):
        schema.pop("$defs", None)
    return {
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}, "application/json": {"schema": query}},
        }
    }


@router.post(
    "/estimate",
    summary="What a model costs on a board",
    response_model=EstimateBody,
    responses={202: {"model": JobBody, "description": "It takes longer; the profile that was begun."}},
    openapi_extra=_request_body(),
)
async def estimate(request: Request) -> Response:
    """As JSON with the digest of a stored model, or as a form with the file. What was computed before is answered from
    the cache; else a profile is begun and waited for, up to `wait_seconds`."""
    service = service_of(request)
    if request.headers.get("content-type", "").startswith("application/json"):
        return await _by_digest(service, request)
    return await _by_form(service, request)


async def _by_digest(service: Service, request: Request) -> Response:
    caller = await service.access.authorize(request.scope, Scope.READ)
    body = await request.body()
    query = validated_json(EstimateQuery, body)
    known = await known_estimate(service, query)
    if known is not None:
        remember(service, query, body)
        return Response(known, media_type="application/json")
    _, name = await keep_model(service.store, None, query.model_sha256, 0)
    return await _computed(service, request, caller, query, name)


async def _by_form(service: Service, request: Request) -> Response:
    caller = await service.access.authorize(request.scope, Scope.READ)
    async with read_form(request) as fields:
        asked = validated(EstimateForm, fields)
        sha256, name = await keep_model(
            service.store, asked.model, asked.model_sha256, service.settings.service.max_upload_bytes
        )
    query = EstimateQuery(**asked.model_dump(exclude={"model", "model_sha256"}), model_sha256=sha256)
    known = await known_estimate(service, query)
    if known is not None:
        return Response(known, media_type="application/json")
    return await _computed(service, request, caller, query, name)


async def _computed(service: Service, request: Request, caller: Caller, query: EstimateQuery, name: str) -> Response:
    service.access.allow(caller, Scope.SUBMIT)
    answer = await computed_estimate(service, caller, query, name, request.headers.get("idempotency-key"))
    if isinstance(answer, bytes):
        return Response(answer, media_type="application/json")
    job = answer
    body = await anyio.to_thread.run_sync(lambda: job_body(service, job, results=False))
    headers = {"Location": f"/v1/profiles/{job.id}", "Retry-After": "1"}
    return Response(body.model_dump_json(), 202, headers, media_type="application/json")
