"""The application: routes, errors, what starts and stops with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from profiler.errors import ProfilerError
from profiler.service import routes_catalog, routes_estimate, routes_operations, routes_profiles
from profiler.service.access import Access
from profiler.service.context import Service, WorkEngine
from profiler.service.edge import Edge
from profiler.service.forms import MOST_FIELD_BYTES, MOST_FIELDS, MOST_FILES
from profiler.service.metrics import Metrics
from profiler.service.pages import errors as error_pages
from profiler.service.pages import results as result_pages
from profiler.service.pages import routes as page_routes
from profiler.service.pages import sign_in
from profiler.service.problems import MEDIA_TYPE, ProblemError, document, of_error, of_status, of_validation
from profiler.service.schemas import ProblemBody
from profiler.settings import Settings
from profiler.store.store import Store
from profiler.version import VERSION
from profiler.work.version import engine_version

_PROBLEM_ANSWERS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    },
    "5XX": {
        "description": "A problem",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    },
}


def make_service(settings: Settings, store: Store, engine: WorkEngine) -> Service:
    """The parts that routes share."""
    return Service(
        store=store,
        engine=engine,
        engine_version=engine_version(settings),
        settings=settings,
        access=Access(store, settings.service),
        metrics=Metrics(),
    )


def make_app(service: Service) -> ASGIApp:
    """The whole service as an ASGI application. Its start starts the engine, its end stops it."""
    app = FastAPI(
        title="profiler",
        version=VERSION,
        summary="How fast a neural network runs on a Cortex-M board, and what RAM and flash it takes.",
        openapi_url="/v1/openapi.json",
        docs_url=None,  # both fetch scripts from a CDN; /api lists the routes
        redoc_url=None,
        lifespan=_lifespan,
        form_limits={"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": MOST_FIELD_BYTES},
        responses=_PROBLEM_ANSWERS,
    )
    app.state.service = service
    for routes in (routes_profiles, routes_estimate, routes_catalog, routes_operations):
        app.include_router(routes.router)
    for pages in (page_routes, result_pages, sign_in):
        app.include_router(pages.router)
    page_routes.mount_assets(app)
    _describe_problems(app)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    origins = service.settings.service.cors_origins
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
            expose_headers=["Location", "Retry-After", "X-Request-ID"],
        )
    return Edge(app, service)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await anyio.to_thread.run_sync(service.engine.start)
    try:
        yield
    finally:
        service.stopping = True
        grace_seconds = service.settings.service.shutdown_grace_seconds
        await anyio.to_thread.run_sync(lambda: service.engine.close(grace_seconds=grace_seconds))


def _describe_problems(app: FastAPI) -> None:
    """OpenAPI: every problem has the form of ProblemBody."""
    generate = app.openapi

    def with_problems() -> dict[str, Any]:
        schema = generate()
        components = schema.setdefault("components", {}).setdefault("schemas", {})
        components.setdefault("ProblemBody", ProblemBody.model_json_schema())
        for unused in ("HTTPValidationError", "ValidationError"):
            components.pop(unused, None)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation.get("responses", {}).pop("422", None)  # FastAPI's own form of errors; ours is 4XX
        return schema

    app.openapi = with_problems  # type: ignore[method-assign]


async def _answer(request: Request, problem: ProblemError) -> Response:
    if error_pages.wants_page(request):
        return error_pages.page(request, problem)
    body = document(problem, instance=request.url.path, request_id=request.state.request_id)
    return JSONResponse(body, problem.status_code, problem.headers, media_type=MEDIA_TYPE)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, ProblemError):
        return await _answer(request, error)
    problem = of_status(error.status_code, str(error.detail))
    problem.headers = error.headers
    return await _answer(request, problem)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return await _answer(request, of_validation(error.errors()))


async def _project_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProfilerError)
    return await _answer(request, of_error(error))


async def _unforeseen(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The edge logs the error; whoever sent the request learns nothing of it but the request's id."""
    return await _answer(request, ProblemError(code="internal", detail="the request could not be answered"))


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    HTTPException: _http_error,
    RequestValidationError: _invalid,
    ProfilerError: _project_error,
    Exception: _unforeseen,
}
