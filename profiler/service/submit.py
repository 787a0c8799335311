"""A request for a profile becomes a job. The API and the page ask here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import anyio.to_thread

from profiler import logs
from profiler.boards.loader import load_board
from profiler.boards.model import Board
from profiler.errors import BoardError, IdempotencyError, SettingsError
from profiler.pipeline import Options
from profiler.plan.planners import PLANNERS
from profiler.service.access import Caller
from profiler.service.context import Service
from profiler.service.problems import ProblemError, of_error
from profiler.service.schemas import Choices, ProfileForm
from profiler.service.uploads import keep_model
from profiler.store.model import Job, JobRequest
from profiler.work.identity import require_one_board

_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


async def submit(service: Service, caller: Caller, form: ProfileForm, idempotency_key: str | None) -> Job:
    """Check a request, keep its model, accept it and hand it to the engine.

    Raises ProblemError naming what is wrong; nothing is kept then but, maybe, a sound model.
    """
    boards = tuple(dict.fromkeys(form.board))
    for name in boards:
        known_board(name)
    options = known_options(form)
    require_attached(service, boards, options)
    sha256, name = await keep_model(
        service.store,
        form.model,
        form.model_sha256,
        service.settings.service.max_upload_bytes,
    )
    request = JobRequest(
        model_sha256=sha256, model_name=name, boards=boards, options=options, tags=tuple(dict.fromkeys(form.tag))
    )
    return await accept(service, caller, request, idempotency_key)


async def accept(service: Service, caller: Caller, request: JobRequest, idempotency_key: str | None) -> Job:
    """From here on the job is not lost. Raises ProblemError `shutting-down`, `idempotency-conflict`."""
    if service.stopping:
        raise ProblemError(
            code="shutting-down", detail="no new work is accepted any more", headers={"Retry-After": "30"}
        )
    if idempotency_key is not None and not _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        raise ProblemError(
            code="request-invalid",
            detail="Idempotency-Key: not 1 to 200 visible ASCII characters",
            hint="use a UUID",
        )
    request_id = logs.request_id.get() or None

    def accepted() -> Job:
        job = service.store.accept(
            request, idempotency_key=idempotency_key, request_id=request_id, key_id=caller.key_id
        )
        service.engine.submit(job.id)
        return job

    try:
        return await anyio.to_thread.run_sync(accepted)
    except IdempotencyError as error:
        raise ProblemError(code="idempotency-conflict", detail=error.message, hint=error.hint) from error


def require_attached(service: Service, boards: Sequence[str], options: Options) -> None:
    """Raises ProblemError `option-invalid` for an alias of another board than is asked for. One that no worker has now
    may come."""
    try:
        require_one_board(boards, options)
    except SettingsError as error:
        raise of_error(error) from error
    other = next((each.board for each in service.engine.attached() if each.alias == options.on), boards[0])
    if other not in boards:
        raise ProblemError(
            code="option-invalid", detail=f"{options.on} is a {other}, not a {boards[0]}", hint=f"ask for board {other}"
        )


def known_options(choices: Choices) -> Options:
    """The options of the pipeline. Raises ProblemError `option-invalid`."""
    if choices.planner not in PLANNERS:
        raise ProblemError(
            code="option-invalid",
            detail=f"planner: there is none called {choices.planner!r}",
            hint=f"choose of: {', '.join(PLANNERS)}",
        )
    try:
        return choices.options()
    except SettingsError as error:
        raise of_error(error) from error


@cache
def _board(name: str) -> Board:
    return load_board(name)


def known_board(name: str) -> Board:
    """A board that comes with the profiler, by its name only. Raises ProblemError `board-unknown`."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_]{0,63}", name):  # never a path, whatever the loader would make of it
        raise ProblemError(code="board-unknown", detail=f"no board is called {name[:64]!r}")
    try:
        return _board(name)
    except BoardError as error:
        hint = (error.hint or "").partition("; or give")[0]
        raise ProblemError(code="board-unknown", detail=error.message, hint=hint or None) from error
