"""`/v1/profiles`: ask for profiles, follow them, read their reports."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Form, Header, Path, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from profiler.errors import StoreError
from profiler.report.renderers import RENDERERS
from profiler.service.context import ReaderDep, Service, ServiceDep, SubmitterDep
from profiler.service.keys import Scope
from profiler.service.lookup import find_job, result_of
from profiler.service.problems import ProblemError
from profiler.service.report_page import report_policy
from profiler.service.schemas import BoardName, JobBody, JobPage, ProfileForm, Sha256, Tag
from profiler.service.stream import follow, require_room
from profiler.service.submit import submit
from profiler.service.views import job_body
from profiler.store.model import Job, JobFilter, JobState

router = APIRouter(prefix="/v1/profiles", tags=["profiles"])
JobIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Id of the profile.", examples=["0" * 32])]
BoardQuery = Annotated[BoardName | None, Query(description="Which board, when the profile has several.")]
_FORMATS = {"json": "json", "csv": "csv", "md": "markdown"}


@router.post(
    "",
    status_code=202,
    summary="Ask for a profile of a model on one or several boards",
    response_description="Accepted. `Location` is where its state and, later, its result are.",
)
async def create(
    service: ServiceDep,
    caller: SubmitterDep,
    form: Annotated[ProfileForm, Form()],
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(description="The same key and request again: the same profile, not a second one.")
    ] = None,
) -> JobBody:
    """The model is verified at once; everything else happens in stages, see `events`."""
    job = await submit(service, caller, form, idempotency_key)
    response.headers["Location"] = f"/v1/profiles/{job.id}"
    return await anyio.to_thread.run_sync(lambda: job_body(service, job, results=True))


@router.get("", summary="Profiles, the newest first")
def list_profiles(
    service: ServiceDep,
    _caller: ReaderDep,
    model: Annotated[Sha256 | None, Query(description="Digest of the model.")] = None,
    board: Annotated[BoardName | None, Query()] = None,
    tag: Annotated[Tag | None, Query()] = None,
    state: Annotated[JobState | None, Query()] = None,
    since: Annotated[datetime.datetime | None, Query(description="Asked for at or after this time.")] = None,
    until: Annotated[datetime.datetime | None, Query(description="Asked for before this time.")] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JobPage:
    """Filters narrow the list; what is left out does not matter."""
    wanted = JobFilter(
        model_sha256=model, board=board, tag=tag, state=state, since=_in_utc(since), until=_in_utc(until)
    )
    try:
        page = service.store.jobs(wanted, cursor=cursor, limit=limit)
    except StoreError as error:
        raise ProblemError(code="request-invalid", detail=error.message, hint=error.hint) from error
    return JobPage(items=[job_body(service, job, results=False) for job in page.items], next_cursor=page.next_cursor)


@router.get("/{job_id}", summary="A profile: its state, its stages, its results")
def read_profile(service: ServiceDep, _caller: ReaderDep, job_id: JobIdPath) -> JobBody:
    """Of boards that are done: the headline figures, and links to the reports."""
    return job_body(service, find_job(service, job_id), results=True)


@router.delete("/{job_id}", summary="Cancel a profile", status_code=202)
async def cancel(service: ServiceDep, caller: SubmitterDep, job_id: JobIdPath) -> JobBody:
    """What waits is cancelled at once, what runs as soon as it can be stopped. What others asked for needs `admin`."""
    job = await anyio.to_thread.run_sync(find_job, service, job_id)
    if job.key_id != caller.key_id and not caller.may(Scope.ADMIN):
        raise ProblemError(code="scope-missing", detail="another key asked for this profile; cancelling needs `admin`")
    if job.state.is_final:
        raise ProblemError(code="job-finished", detail=f"the profile is {job.state.value} already")
    return await anyio.to_thread.run_sync(lambda: job_body(service, service.engine.cancel(job.id), results=True))


def _followed(service: ServiceDep, job_id: JobIdPath) -> Job:
    """Before the stream begins: the job, and room for a stream."""
    require_room(service)
    return find_job(service, job_id)


@router.get("/{job_id}/events", summary="What happens to a profile, as it happens", response_class=EventSourceResponse)
async def events(
    service: ServiceDep,
    _caller: ReaderDep,
    job: Annotated[Job, Depends(_followed)],
    last_event_id: Annotated[str | None, Header(description="Go on after this event.")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Events `accepted`, `attempt`, `stage`, `retry`, `task`, `cancel`, `job`; after the last one, `end`."""
    async for event in follow(service, job.id, last_event_id):
        yield event


@router.get("/{job_id}/report", summary="The report as one HTML file", responses={200: {"content": {"text/html": {}}}})
def report_html(service: ServiceDep, _caller: ReaderDep, job_id: JobIdPath, board: BoardQuery = None) -> Response:
    """Self-contained: works offline, and may be kept."""
    text = _report(service, job_id, board, "html")
    return Response(text, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": report_policy()})


@router.get(
    "/{job_id}/report.{extension}",
    summary="The report as JSON, CSV or Markdown",
    responses={200: {"content": {"application/json": {}, "text/csv": {}, "text/markdown": {}}}},
)
def report_file(
    service: ServiceDep,
    _caller: ReaderDep,
    job_id: JobIdPath,
    extension: Annotated[str, Path(pattern="^(json|csv|md)$", examples=["json"])],
    board: BoardQuery = None,
) -> Response:
    """JSON is what `profiler run --json` prints and `docs/profile.schema.json` describes."""
    name = _FORMATS[extension]
    media_type = f"{RENDERERS[name].media_type}; charset=utf-8" if name != "json" else "application/json"
    return Response(_report(service, job_id, board, name), media_type=media_type)


def _report(service: Service, job_id: str, board: str | None, renderer: str) -> str:
    job = find_job(service, job_id)
    key = result_of(job, board)
    return RENDERERS[renderer].render(service.profile(key, model_name=job.request.model_name))


def _in_utc(time: datetime.datetime | None) -> datetime.datetime | None:
    return time.replace(tzinfo=datetime.UTC) if time is not None and time.tzinfo is None else time
