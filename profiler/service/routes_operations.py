"""Health, readiness, metrics: what looks after the service asks here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from profiler.build.toolchain import find_toolchain
from profiler.errors import ProfilerError
from profiler.service.context import ReaderDep, Service, ServiceDep
from profiler.service.problems import ProblemError

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Whether the process lives")
async def health() -> dict[str, str]:
    """Answers without looking at anything."""
    return {"status": "alive"}


@router.get("/readyz", summary="Whether requests can be served: store, engine, compiler")
def ready(service: ServiceDep) -> dict[str, Any]:
    """503 with what is missing, else 200."""
    checks = {name: check(service) for name, check in _CHECKS.items()}
    if any(text != "ok" for text in checks.values()):
        missing = ", ".join(name for name, text in checks.items() if text != "ok")
        raise ProblemError(code="not-ready", detail=f"not ready: {missing}", more={"checks": checks})
    return {"status": "ready", "checks": checks}


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    responses={200: {"content": {"text/plain": {}}}},
    response_class=Response,
)
def metrics(service: ServiceDep, _caller: ReaderDep) -> Response:
    """Jobs by state, stage durations, queue length, where estimates came from, requests."""
    service.metrics.observe_stages(service.store)
    counts = {state.value: count for state, count in service.store.counts().items()}
    return Response(service.metrics.text(counts, service.engine.queue_length()), media_type=CONTENT_TYPE_LATEST)


def _store(service: Service) -> str:
    try:
        service.store.counts()
    except ProfilerError as error:
        return error.message
    except Exception as error:  # whatever a database driver may raise
        return f"{type(error).__name__}"
    return "ok"


def _engine(service: Service) -> str:
    if service.stopping:
        return "shutting down"
    return "ok" if service.engine.is_ready else "does not work: no scheduler, or it was not started"


def _compiler(service: Service) -> str:
    try:
        find_toolchain(service.settings.toolchain_prefix)
    except ProfilerError as error:
        return error.message
    return "ok"


_CHECKS = {"store": _store, "engine": _engine, "compiler": _compiler}
