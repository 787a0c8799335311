"""Values of the store as the API answers with them."""

from __future__ import annotations

from profiler.progress import STAGES
from profiler.report.profile import Figure, Profile, Unavailable
from profiler.report.targets import TargetMeasurement
from profiler.service.context import Service
from profiler.service.schemas import FailureBody, FigureBody, HeadlineBody, JobBody, MeasuredBody, TaskBody
from profiler.store.codec import options_values
from profiler.store.model import BoardTask, Job, JobState
from profiler.work.capacity import worker_with
from profiler.work.identity import board_needed


def headline(profile: Profile) -> HeadlineBody:
    """The figures a client reads first."""
    summary = profile.summary
    agree = None if isinstance(profile.correctness, Unavailable) else profile.correctness.agrees
    return HeadlineBody(
        latency_ms=_figure(summary.latency_ms),
        cycles=_figure(summary.cycles),
        instructions=_figure(summary.instructions),
        ram_bytes=_known(summary.ram_bytes),
        flash_bytes=_known(summary.flash_bytes),
        arena_bytes=_known(summary.arena_bytes),
        fits=summary.fits,
        outputs_agree=agree,
        measured=_measured(profile.targets[0]) if profile.targets else None,
    )


def _measured(target: TargetMeasurement) -> MeasuredBody:
    return MeasuredBody(
        on=target.name,
        basis=target.basis.value,
        cycles=target.cycles.median,
        latency_ms=target.latency_ms,
        repetitions=target.cycles.repetitions,
        interquartile_cycles=target.cycles.interquartile_range,
        outputs_equal=target.outputs_equal,
        emulator_difference_fraction=target.difference_fraction,
    )


def _figure(figure: Figure | Unavailable) -> FigureBody | None:
    return None if isinstance(figure, Unavailable) else _known(figure)


def _known(figure: Figure) -> FigureBody:
    return FigureBody(value=figure.value, basis=figure.basis.value, low=figure.low, high=figure.high)


def job_body(service: Service, job: Job, *, results: bool) -> JobBody:
    """A job; with `results`, the headline figures of the boards that are done. Blocks."""
    base = f"/v1/profiles/{job.id}"
    return JobBody(
        id=job.id,
        state=job.state.value,
        model_name=job.request.model_name,
        model_sha256=job.request.model_sha256,
        options=options_values(job.request.options),
        tags=list(job.request.tags),
        created=job.created,
        started=job.started,
        finished=job.finished,
        cancel_requested=job.cancel_requested,
        request_id=job.request_id,
        boards=[_task_body(service, job, task, results=results) for task in job.tasks],
        links={
            "self": base,
            "events": f"{base}/events",
            "report": f"{base}/report",
            "page": f"/profiles/{job.id}",
            "model": f"/v1/models/{job.request.model_sha256}",
        },
    )


def _task_body(service: Service, job: Job, task: BoardTask, *, results: bool) -> TaskBody:
    links: dict[str, str] = {}
    if task.result_key is not None:
        base = f"/v1/profiles/{job.id}/report"
        links = {name: f"{base}{ending}?board={task.board}" for name, ending in _REPORTS.items()}
    known = task.result_key is not None and results
    failure = task.failure
    return TaskBody(
        board=task.board,
        state=task.state.value,
        stage=task.stage,
        progress=progress(task),
        stage_seconds=dict(task.stage_seconds),
        attempts=task.attempts,
        waits_for=waits_for(service, job, task),
        failure=FailureBody(code=failure.code, message=failure.message, hint=failure.hint) if failure else None,
        result_key=task.result_key,
        result=headline(service.profile(str(task.result_key))) if known else None,
        links=links,
    )


def waits_for(service: Service, job: Job, task: BoardTask) -> str | None:
    """Of a queued task that no worker could do now: what is missing."""
    needed = board_needed(task.board, job.request.options)
    if task.state is not JobState.QUEUED or needed is None:
        return None
    if any(each.needed == needed for each in service.engine.attached()):
        return None
    return f"{worker_with(needed)} is there"


_REPORTS = {"html": "", "json": ".json", "csv": ".csv", "markdown": ".md"}


def progress(task: BoardTask) -> float:
    """Share of the stages that are done."""
    if task.state is JobState.DONE:
        return 1.0
    return round(STAGES.index(task.stage) / len(STAGES), 3) if task.stage in STAGES else 0.0
