"""Pages of results: a profile's report, a model's history, a comparison."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from markupsafe import Markup
from starlette.responses import HTMLResponse

from profiler.report.comparison.compare import compare
from profiler.report.comparison.html import render_fragment
from profiler.report.formatting import format_bytes, format_count, format_shape
from profiler.report.renderers.html import report_context, script_json
from profiler.service.context import Service, ServiceDep
from profiler.service.history import history_rows
from profiler.service.lookup import find_job, find_result
from profiler.service.pages.errors import shown_problem
from profiler.service.pages.render import page
from profiler.service.pages.routes import CallerDep, stage_values, titles
from profiler.service.pages.trends import trend_charts
from profiler.service.problems import ProblemError
from profiler.service.routes_catalog import model_body
from profiler.service.schemas import HistoryBody, Sha256
from profiler.store.model import Job, JobFilter, JobState

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_MOST_OTHERS = 40


@router.get("/profiles/{job_id}")
def profile_page(
    request: Request, service: ServiceDep, _caller: CallerDep, job_id: str, board: str | None = None
) -> Response:
    """Live progress while it runs, then the report."""
    job = find_job(service, job_id)
    values: dict[str, Any] = {"job": job, "titles": titles(), "profile": None, "board": board}
    values |= stage_values(service, job)
    if not job.state.is_final:
        return page(request, "profile", **values)
    done = {task.board: str(task.result_key) for task in job.tasks if task.result_key is not None}
    if board is None:
        board = next(iter(done), job.tasks[0].board)
    values["board"] = board
    if board not in done:
        return page(request, "profile", **values)
    key = done[board]
    report = report_context(service.profile(key, model_name=job.request.model_name))
    others = [
        {"key": row.result_key, "text": _told(row)}
        for row in reversed(_alike(service, job, board))
        if row.result_key != key
    ]
    return page(request, "profile", **{**values, **report}, result_key=key, others=others[:_MOST_OTHERS])


def _alike(service: Service, job: Job, board: str) -> list[HistoryBody]:
    """Results one may want to compare with: of the same name on the same board, then of the same file on others."""
    same_name = history_rows(service, model_name=job.request.model_name, board=board)
    same_file = history_rows(service, model_sha256=job.request.model_sha256)
    by_key = {row.result_key: row for row in (*same_file, *same_name)}
    return list(by_key.values())


def _told(row: HistoryBody) -> str:
    return f"{row.finished:%Y-%m-%d %H:%M} · {row.board} · model {row.model_sha256[:8]} · {row.options}"


@router.get("/models")
def models(request: Request, service: ServiceDep, _caller: CallerDep) -> Response:
    """Models by name, from the newest finished profiles."""
    found: dict[str, dict[str, object]] = {}
    for job in service.store.jobs(JobFilter(state=JobState.DONE), limit=200).items:
        entry = found.setdefault(
            job.request.model_name,
            {
                "name": job.request.model_name,
                "sha256": job.request.model_sha256,
                "boards": [],
                "finished": job.finished or job.created,
            },
        )
        boards = entry["boards"]
        assert isinstance(boards, list)
        boards += [name for name in job.request.boards if name not in boards]
    return page(request, "models", models=list(found.values()))


@router.get("/models/by-name")
def model_by_name(
    request: Request, service: ServiceDep, _caller: CallerDep, name: Annotated[str, Query(min_length=1, max_length=200)]
) -> Response:
    """The history of a model through its versions."""
    rows = history_rows(service, model_name=name)
    return _history(request, name, rows, facts={})


@router.get("/models/{sha256}")
def model_by_digest(request: Request, service: ServiceDep, _caller: CallerDep, sha256: Sha256) -> Response:
    """What a model file is, and its history."""
    body = model_body(service, sha256)
    facts = {
        "SHA-256": sha256,
        "names": ", ".join(body.names) or "—",
        "size": format_bytes(body.size_bytes),
        "operators": str(body.operators),
        "MACs": format_count(body.macs),
        "inputs": ", ".join(f"{format_shape(tuple(tensor['shape']))} {tensor['dtype']}" for tensor in body.inputs),
        "outputs": ", ".join(f"{format_shape(tuple(tensor['shape']))} {tensor['dtype']}" for tensor in body.outputs),
    }
    return _history(request, body.names[0] if body.names else sha256[:12], body.history, facts=facts)


def _history(request: Request, heading: str, rows: list[HistoryBody], *, facts: dict[str, str]) -> Response:
    charts = trend_charts(rows) if rows else {}
    shown = list(reversed(rows))
    return page(
        request, "model", heading=heading, rows=shown, facts=facts, charts=charts, charts_json=script_json(charts)
    )


@router.get("/compare")
def comparison(
    request: Request,
    service: ServiceDep,
    _caller: CallerDep,
    a: Annotated[str, Query(max_length=128)] = "",
    b: Annotated[str, Query(max_length=128)] = "",
) -> Response:
    """Two results side by side; without them, the results there are to choose from."""
    problem: ProblemError | None = None
    fragment: Markup | None = None
    if a and b:
        try:
            before, after = (service.profile(find_result(service, text)) for text in (a.strip(), b.strip()))
            fragment = Markup(render_fragment(compare(before, after)))
        except ProblemError as error:
            problem = error
    return page(
        request,
        "compare",
        status=problem.status_code if problem else 200,
        a=a,
        b=b,
        fragment=fragment,
        choices=_choices(service),
        problem=shown_problem(problem) if problem else None,
    )


def _choices(service: Service) -> list[dict[str, str]]:
    jobs = service.store.jobs(JobFilter(state=JobState.DONE), limit=60).items
    return [
        {
            "key": str(task.result_key),
            "text": f"{job.request.model_name} · {task.board} · {job.created:%Y-%m-%d %H:%M:%S} · "
            f"-{job.request.options.optimization.value}, {job.request.options.kernels}",
        }
        for job in jobs
        for task in job.tasks
        if task.result_key is not None
    ]
