"""Estimates: what was computed before is answered at once, from memory or from the store."""

from __future__ import annotations

import time
from collections.abc import Hashable

import anyio
import anyio.to_thread

from profiler.service.access import Caller
from profiler.service.context import Service, json_bytes
from profiler.service.problems import ProblemError
from profiler.service.schemas import EstimateBody, EstimateQuery
from profiler.service.submit import accept, known_board, known_options, require_attached
from profiler.service.views import headline
from profiler.store.codec import options_text
from profiler.store.model import Job, JobRequest, JobState, result_key

_POLL_SECONDS = 0.05


def cache_key(query: EstimateQuery) -> Hashable:
    """Everything of a query that its answer depends on."""
    return (
        query.model_sha256,
        query.board,
        query.optimize,
        query.kernels,
        query.planner,
        query.seed,
        query.inputs,
        tuple(query.memory_config),
        query.on,
        query.repeat,
    )


async def known_estimate(service: Service, query: EstimateQuery) -> bytes | None:
    """The answer as JSON when it was computed before. Raises ProblemError for an unknown board or option."""
    key = cache_key(query)
    found = service.estimates.get(key)
    if found is not None:
        service.metrics.estimated("memory")
        return found
    board = known_board(query.board)
    options = known_options(query)

    def stored() -> str | None:
        address = result_key(
            model_sha256=query.model_sha256,
            board_digest=board.digest,
            options_text=options_text(options),
            engine_version=service.engine_version,
        )
        return address if service.store.result(address) is not None else None

    address = await anyio.to_thread.run_sync(stored)
    if address is None:
        return None
    service.metrics.estimated("store")
    return await _answer(service, query, address, "store")


def remember(service: Service, query: EstimateQuery, body: bytes) -> None:
    """The same bytes again are answered without looking into them (`quick.py`)."""
    answer = service.estimates.get(cache_key(query))
    if answer is not None:
        service.answers.put(body, answer)


async def computed_estimate(
    service: Service, caller: Caller, query: EstimateQuery, model_name: str, idempotency_key: str | None
) -> bytes | Job:
    """Have it computed, and wait for it: the answer, or the job when it takes longer than the client waits.

    Raises ProblemError `job-without-result` with the job's failure.
    """
    options = known_options(query)
    require_attached(service, (query.board,), options)
    request = JobRequest(
        model_sha256=query.model_sha256, model_name=model_name, boards=(query.board,), options=options, tags=()
    )
    job = await accept(service, caller, request, idempotency_key)
    most = service.settings.service.estimate_wait_seconds
    wait_seconds = most if query.wait_seconds is None else min(query.wait_seconds, most)
    job = await _wait(service, job, wait_seconds)
    task = job.tasks[0]
    if task.result_key is not None:
        service.metrics.estimated("run")
        return await _answer(service, query, str(task.result_key), "run")
    if task.state in (JobState.FAILED, JobState.CANCELLED):
        failure = task.failure
        raise ProblemError(
            code="job-without-result",
            detail=failure.message if failure else f"the profile was {task.state.value}",
            hint=failure.hint if failure else None,
            more={"job": f"/v1/profiles/{job.id}", "failure_code": failure.code if failure else None},
        )
    service.metrics.estimated("pending")
    return job


async def _wait(service: Service, job: Job, wait_seconds: float) -> Job:
    """The job as it stands when it has ended, or when that time is over. Holds no thread meanwhile."""
    ends = time.monotonic() + wait_seconds
    while not job.state.is_final and time.monotonic() < ends and not service.stopping:
        await anyio.sleep(_POLL_SECONDS)
        job = await anyio.to_thread.run_sync(service.store.job, job.id)
    return job


async def _answer(service: Service, query: EstimateQuery, address: str, source: str) -> bytes:
    """The answer as JSON; the next time it comes from memory."""

    def body() -> EstimateBody:
        result = service.store.result(address)
        if result is None:
            raise ProblemError(code="result-unknown", detail=f"the result {address[:12]}… is not kept any more")
        figures = headline(service.profile(address))
        return EstimateBody(
            **figures.model_dump(),
            model_sha256=query.model_sha256,
            board=query.board,
            result_key=address,
            engine_version=result.engine_version,
            source=source,
            links={"result": f"/v1/results/{address}", "model": f"/v1/models/{query.model_sha256}"},
        )

    answer = await anyio.to_thread.run_sync(body)
    values = answer.model_dump(mode="json", exclude_none=True)
    service.estimates.put(cache_key(query), json_bytes({**values, "source": "memory"}))
    return json_bytes(values)
