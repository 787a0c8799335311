"""Finding what an address names."""

from __future__ import annotations

import re

from profiler.errors import NotFoundError
from profiler.service.context import Service
from profiler.service.problems import ProblemError
from profiler.store.model import Job

_JOB = re.compile(r"([0-9a-f]{32})(?::([a-z0-9_]{1,64}))?")
_RESULT = re.compile(r"[0-9a-f]{64}")


def find_job(service: Service, job_id: str) -> Job:
    """The job. Blocks. Raises ProblemError `job-unknown`."""
    try:
        return service.store.job(job_id)
    except NotFoundError as error:
        raise ProblemError(code="job-unknown", detail=error.message) from error


def result_of(job: Job, board: str | None) -> str:
    """The address of the result for a board of a job (None: of its only board).

    Raises ProblemError: `request-invalid` when the board must be named, `result-not-ready`, `job-without-result`.
    """
    if board is None and len(job.tasks) > 1:
        names = ", ".join(task.board for task in job.tasks)
        raise ProblemError(
            code="request-invalid", detail="board: the profile has several", hint=f"add ?board= with one of: {names}"
        )
    task = next((task for task in job.tasks if board is None or task.board == board), None)
    if task is None:
        raise ProblemError(code="result-unknown", detail=f"the profile has no board {board!r}")
    if task.result_key is not None:
        return str(task.result_key)
    if not task.state.is_final:
        raise ProblemError(
            code="result-not-ready", detail=f"{task.board} is {task.state.value}", headers={"Retry-After": "1"}
        )
    if task.failure is not None:
        raise ProblemError(code="job-without-result", detail=task.failure.message, hint=task.failure.hint)
    raise ProblemError(code="job-without-result", detail=f"{task.board} was {task.state.value}")


def find_result(service: Service, text: str) -> str:
    """The address of a result given as such, as `JOB`, or as `JOB:BOARD`. Blocks. Raises ProblemError."""
    if _RESULT.fullmatch(text):
        return text
    named = _JOB.fullmatch(text)
    if named is None:
        raise ProblemError(
            code="result-unknown",
            detail=f"{text[:80]!r} names no result",
            hint="give a result_key, the id of a profile, or ID:BOARD",
        )
    return result_of(find_job(service, named[1]), named[2])
