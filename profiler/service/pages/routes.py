"""The pages and what their forms send."""

from __future__ import annotations

from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from profiler.boards.facts import board_facts
from profiler.boards.loader import board_names
from profiler.errors import StoreError
from profiler.plan.planners import PLANNERS
from profiler.progress import STAGES
from profiler.run.runners import EMULATOR
from profiler.service.access import Caller
from profiler.service.context import Service, ServiceDep, service_of
from profiler.service.forms import read_form, validated
from profiler.service.keys import Scope
from profiler.service.lookup import find_job
from profiler.service.pages.errors import shown_problem
from profiler.service.pages.render import ASSETS, asset_response, asset_url, page
from profiler.service.problems import PROBLEMS, ProblemError
from profiler.service.schemas import ProfileForm, Sha256
from profiler.service.submit import known_board, submit
from profiler.service.uploads import name_in_store
from profiler.service.views import waits_for
from profiler.store.model import Job, JobFilter, JobState


async def _signed_in(request: Request) -> Caller:
    return await service_of(request).access.authorize(request.scope, Scope.READ)


router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
CallerDep = Annotated[Caller, Depends(_signed_in)]


def mount_assets(app: FastAPI) -> None:
    """One route a file: nothing else below /assets can be asked for."""
    for name in ASSETS:
        app.add_api_route(asset_url(name), _serve(name), include_in_schema=False)


def _serve(name: str) -> Any:
    async def serve() -> Response:
        return asset_response(name)

    return serve


@router.get("/")
def home(
    request: Request,
    service: ServiceDep,
    _caller: CallerDep,
    model_sha256: Sha256 | None = None,
    board: Annotated[list[str] | None, Query(max_length=32)] = None,
) -> Response:
    """Upload a model, choose boards."""
    return _home(request, service, chosen=board or (), sha256=model_sha256)


def _home(
    request: Request,
    service: Service,
    *,
    chosen: Any = (),
    sha256: str | None = None,
    problem: ProblemError | None = None,
) -> Response:
    stored = None
    if sha256 is not None and service.store.model_path(sha256).is_file():
        stored = {"sha256": sha256, "name": name_in_store(service.store, sha256)}
    return page(
        request,
        "home",
        status=problem.status_code if problem else 200,
        boards=_boards(),
        chosen=set(chosen),
        stored=stored,
        planners=list(PLANNERS),
        attached=service.engine.attached(),
        limit_bytes=service.settings.service.max_upload_bytes,
        jobs=service.store.jobs(limit=8).items,
        problem=shown_problem(problem) if problem else None,
    )


@router.post("/profiles")
async def create(request: Request, service: ServiceDep, caller: CallerDep) -> Response:
    """What the form sends: to the profile's page, or back to the form with what is wrong."""
    service.access.allow(caller, Scope.SUBMIT)
    async with read_form(request) as fields:
        chosen = [value for value in fields.get("board", []) if isinstance(value, str)]
        try:
            job = await submit(service, caller, validated(ProfileForm, fields), None)
        except ProblemError as error:
            problem = error
            return await anyio.to_thread.run_sync(lambda: _home(request, service, chosen=chosen, problem=problem))
    return RedirectResponse(f"/profiles/{job.id}", 303)


@router.get("/profiles")
def profiles(
    request: Request,
    service: ServiceDep,
    _caller: CallerDep,
    board: str = "",
    state: str = "",
    tag: str = "",
    model: str = "",
    cursor: str | None = None,
) -> Response:
    """The list, with filters."""
    known = JobState(state) if state in list(JobState) else None
    wanted = JobFilter(board=board or None, state=known, tag=tag or None, model_sha256=model or None)
    try:
        found = service.store.jobs(wanted, cursor=cursor, limit=30)
    except StoreError as error:
        raise ProblemError(code="request-invalid", detail=error.message, hint=error.hint) from error
    older = None
    if found.next_cursor is not None:
        older = str(request.url.include_query_params(cursor=found.next_cursor).replace(scheme="", netloc=""))
    return page(
        request,
        "profiles",
        boards=_boards(),
        jobs=found.items,
        filter={"board": board, "state": state, "tag": tag, "model": model},
        next=older,
    )


@router.get("/profiles/{job_id}/progress")
def progress(request: Request, service: ServiceDep, _caller: CallerDep, job_id: str) -> Response:
    """The part of a profile's page that changes while it runs."""
    job = find_job(service, job_id)
    return page(request, "progress", job=job, titles=titles(), **stage_values(service, job))


@router.post("/profiles/{job_id}/cancel")
async def cancel(service: ServiceDep, caller: CallerDep, job_id: str) -> Response:
    """The button of the page; the same rules as `DELETE /v1/profiles/{id}`."""
    from profiler.service.routes_profiles import cancel as cancel_profile

    service.access.allow(caller, Scope.SUBMIT)
    try:
        await cancel_profile(service, caller, job_id)
    except ProblemError as error:
        if error.code != "job-finished":
            raise
    return RedirectResponse(f"/profiles/{job_id}", 303)


@router.get("/boards")
def boards(request: Request, _caller: CallerDep) -> Response:
    """All boards."""
    return page(request, "boards", boards=_boards())


@router.get("/boards/{name}")
def board_page(request: Request, _caller: CallerDep, name: str) -> Response:
    """Every fact of a board with its source."""
    board = known_board(name)
    return page(request, "board", board=board, facts=list(board_facts(board)))


@router.get("/problems")
@router.get("/problems/{code}")
def problems(request: Request, code: str | None = None) -> Response:
    """What the codes of problem documents mean; nothing secret, so no key is asked for."""
    if code is not None and code not in PROBLEMS:
        raise ProblemError(code="not-found", detail=f"there is no problem {code[:60]!r}")
    return page(request, "problems", problems=PROBLEMS, chosen=code)


@router.get("/api")
def api(request: Request, _caller: CallerDep) -> Response:
    """The routes of the API."""
    schema = request.app.openapi()
    routes = [
        {"method": method.upper(), "path": path, "summary": operation.get("summary", "")}
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    return page(request, "api", routes=routes, base=str(request.base_url))


def _boards() -> list[Any]:
    return [known_board(name) for name in board_names()]


def stage_values(service: Service, job: Job) -> dict[str, Any]:
    """What the stages of a job are, and what its tasks wait for."""
    names = [name for name in STAGES if name != "measure" or job.request.options.on != EMULATOR]
    return {"names": names, "waits": {task.board: waits_for(service, job, task) for task in job.tasks}}


def titles() -> dict[str, str]:
    """What boards are called, by their names."""
    return {board.name: board.title for board in _boards()}
