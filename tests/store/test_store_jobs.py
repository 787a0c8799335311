"""Claims about jobs in the store, on both databases."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable

import pytest

from profiler.boards.memory_config import parse_memory_config
from profiler.build.model import Optimization
from profiler.errors import IdempotencyError, StoreError
from profiler.pipeline import Options
from profiler.store.model import (
    EventKind,
    Failure,
    Job,
    JobFilter,
    JobRequest,
    JobState,
    Result,
    TaskId,
    result_key,
)
from profiler.store.store import Store

_OPTIONS = Options(
    optimization=Optimization.SIZE,
    seed=7,
    memory_config=parse_memory_config(["prefetch=off,SRAM1.wait_states=2"]),
)


def _request(store: Store, model: bytes = b"model", **changed: object) -> JobRequest:
    values: dict[str, object] = {
        "model_sha256": store.put_model(model),
        "model_name": "kws.tflite",
        "boards": ("nucleo_l4r5zi", "raspberry_pi_pico"),
        "options": _OPTIONS,
        "tags": ("main", "nightly"),
    }
    return JobRequest(**{**values, **changed})  # type: ignore[arg-type]


def _result(job: Job, board: str, *, version: str = "1", profile_json: str = '{"name":"ü"}') -> Result:
    key = result_key(
        model_sha256=job.request.model_sha256, board_digest=board, options_text="o", engine_version=version
    )
    return Result(
        key=key,
        model_sha256=job.request.model_sha256,
        board=board,
        board_digest="b" * 64,
        options=job.request.options,
        engine_version=version,
        created=datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC),
        profile_json=profile_json,
    )


def _task(job: Job, position: int = 0) -> TaskId:
    return TaskId(job_id=job.id, board=job.request.boards[position])


def test_an_accepted_job_is_there_after_the_store_is_opened_anew(open_store: Callable[[], Store]) -> None:
    store = open_store()
    request = _request(store)
    job = store.accept(request, request_id="r1", key_id="k1")
    store.close()
    found = open_store().job(job.id)
    assert found == job
    assert found.request == request
    assert (found.state, found.request_id, found.key_id) == (JobState.QUEUED, "r1", "k1")
    assert [task.board for task in found.tasks] == ["nucleo_l4r5zi", "raspberry_pi_pico"]


def test_the_same_idempotency_key_gives_the_same_job(store: Store) -> None:
    first = store.accept(_request(store), idempotency_key="once", key_id="a")
    assert store.accept(_request(store), idempotency_key="once", key_id="a").id == first.id
    assert store.accept(_request(store), idempotency_key="once", key_id="b").id != first.id
    assert store.accept(_request(store)).id != first.id
    assert len(store.jobs().items) == 3


def test_an_idempotency_key_with_another_request_is_refused(store: Store) -> None:
    store.accept(_request(store), idempotency_key="once")
    for changed in ({"tags": ()}, {"model_name": "x"}, {"boards": ("raspberry_pi_pico",)}, {"options": Options()}):
        with pytest.raises(IdempotencyError, match="came before with another request"):
            store.accept(_request(store, **changed), idempotency_key="once")
    with pytest.raises(IdempotencyError):
        store.accept(_request(store, model=b"another"), idempotency_key="once")


def test_many_at_once_with_one_idempotency_key_are_one_job(store: Store) -> None:
    request = _request(store)
    ids: list[str] = []

    def accept() -> None:
        ids.append(store.accept(request, idempotency_key="once").id)

    threads = [threading.Thread(target=accept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1
    assert len(store.queued(100)) == 2


_INCONSISTENT: list[tuple[dict[str, object], str]] = [
    ({"model_sha256": "0" * 64}, "there is no model"),
    ({"boards": ()}, "0 boards"),
    ({"boards": ("a", "a")}, "twice"),
    ({"boards": tuple(str(number) for number in range(101))}, "101 boards"),
    ({"model_name": ""}, "0 characters"),
    ({"model_name": "x" * 201}, "201 characters"),
    ({"model_name": "a\0b"}, "no text"),
    ({"tags": ("\ud800",)}, "no text"),
    ({"tags": tuple(str(number) for number in range(21))}, "21 tags"),
]


def test_an_inconsistent_request_is_refused_and_leaves_nothing(store: Store) -> None:
    for changed, message in _INCONSISTENT:
        with pytest.raises(StoreError, match=message):
            store.accept(_request(store, **changed))
    assert store.jobs().items == ()


def test_a_task_is_begun_by_one_and_ends_once(store: Store) -> None:
    job = store.accept(_request(store))
    assert store.begin(_task(job)) == 1
    assert store.begin(_task(job)) is None
    assert store.job(job.id).state is JobState.RUNNING
    assert store.finish(_task(job), _result(job, "nucleo_l4r5zi"))
    assert not store.finish(_task(job), Failure(code="crashed", message="too late"))
    assert not store.finish(_task(job), None)
    store.begin(_task(job, 1))
    store.finish(_task(job, 1), _result(job, "raspberry_pi_pico"))
    done = store.job(job.id)
    assert done.state is JobState.DONE
    assert done.created < done.started < done.finished  # type: ignore[operator]
    assert [store.result(task.result_key).board for task in done.tasks] == list(job.request.boards)  # type: ignore


def test_a_result_never_changes(open_store: Callable[[], Store]) -> None:
    store = open_store()
    first, second = store.accept(_request(store)), store.accept(_request(store))
    store.finish(_task(first), _result(first, "b", profile_json='{"first":1}'))
    store.finish(_task(second), _result(second, "b", profile_json='{"second":2}'))
    key = store.job(second.id).tasks[0].result_key
    assert key == store.job(first.id).tasks[0].result_key
    assert key is not None
    for reader in (store, open_store()):
        found = reader.result(key)
        assert found is not None
        assert found.profile_json == '{"first":1}'
        assert found.options == _OPTIONS


def test_a_failed_task_says_why_and_fails_its_job(store: Store) -> None:
    job = store.accept(_request(store))
    failure = Failure(code="does_not_fit", message="212 KiB", hint="a larger board")
    store.begin(_task(job))
    store.finish(_task(job), failure)
    assert store.job(job.id).state is JobState.RUNNING  # the other board is still wanted
    store.finish(_task(job, 1), _result(job, "raspberry_pi_pico"))
    found = store.job(job.id)
    assert found.state is JobState.FAILED
    assert found.tasks[0].failure == failure
    assert found.tasks[1].failure is None


def test_a_requeued_task_keeps_its_attempts(store: Store) -> None:
    job = store.accept(_request(store))
    lost = Failure(code="worker_lost", message="the worker died")
    assert not store.requeue(_task(job), lost)
    store.begin(_task(job))
    assert [(task, attempts) for task, attempts, _ in store.running()] == [(_task(job), 1)]
    assert store.requeue(_task(job), lost)
    assert store.running() == []
    assert store.job(job.id).state is JobState.QUEUED
    assert store.begin(_task(job)) == 2


def test_cancelling_ends_what_waits_and_asks_for_what_runs(store: Store) -> None:
    job = store.accept(_request(store))
    store.begin(_task(job))
    cancelled = store.request_cancel(job.id)
    assert [task.state for task in cancelled.tasks] == [JobState.RUNNING, JobState.CANCELLED]
    assert [wished for _, _, wished in store.running()] == [True]
    store.finish(_task(job), None)
    assert store.job(job.id).state is JobState.CANCELLED
    events = len(store.events(job.id))
    assert store.request_cancel(job.id).state is JobState.CANCELLED
    assert len(store.events(job.id)) == events


def test_events_are_numbered_without_gaps_and_can_be_read_on(store: Store) -> None:
    job = store.accept(_request(store, boards=("nucleo_l4r5zi",)))
    store.begin(_task(job))
    for stage in ("read", "build"):
        store.note_stage(_task(job), stage=stage, worker="w")
    store.finish(_task(job), _result(job, "nucleo_l4r5zi"), stage_seconds={"read": 0.5})
    store.note_stage(_task(job), stage="late", worker="w")
    events = store.events(job.id)
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    assert [event.kind for event in events] == [
        EventKind.ACCEPTED, EventKind.ATTEMPT, EventKind.JOB, EventKind.STAGE, EventKind.STAGE, EventKind.TASK,
        EventKind.JOB,
    ]  # fmt: skip
    assert store.events(job.id, after_sequence=5) == events[5:]
    assert events[-1].data == {"state": "done"}
    assert store.job(job.id).tasks[0].stage_seconds == {"read": 0.5}


def test_pages_show_every_job_once_the_newest_first(store: Store) -> None:
    ids = [store.accept(_request(store, tags=(str(number % 2),))).id for number in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = store.jobs(cursor=cursor, limit=3)
        seen += [job.id for job in page.items]
        if len(seen) == 3:
            store.accept(_request(store))  # a new job does not move the pages after it
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ids[::-1]
    for wrong in ("x", "-1", "9" * 30):
        with pytest.raises(StoreError, match="no cursor"):
            store.jobs(cursor=wrong)
    with pytest.raises(StoreError, match="page of 0"):
        store.jobs(limit=0)


def test_filters_choose_jobs(store: Store, clock: Callable[[], datetime.datetime]) -> None:
    one = store.accept(_request(store, boards=("nucleo_l4r5zi",), tags=("x",)))
    between = clock()
    other = store.accept(_request(store, model=b"other", boards=("raspberry_pi_pico",), tags=("y",)))
    store.begin(_task(other))

    def ids(**wanted: object) -> list[str]:
        return [job.id for job in store.jobs(JobFilter(**wanted)).items]  # type: ignore[arg-type]

    assert ids() == [other.id, one.id]
    assert ids(model_sha256=one.request.model_sha256) == [one.id]
    assert ids(board="raspberry_pi_pico") == [other.id]
    assert ids(tag="x") == [one.id]
    assert ids(tag="z") == []
    assert ids(state=JobState.RUNNING) == [other.id]
    assert ids(since=between) == [other.id]
    assert ids(until=between) == [one.id]
    assert ids(tag="x", board="raspberry_pi_pico") == []
    assert store.counts()[JobState.RUNNING] == 1
    assert store.counts()[JobState.FAILED] == 0


def test_history_is_what_was_finished_the_oldest_first(store: Store) -> None:
    for model, version in ((b"v1", "1"), (b"v2", "1"), (b"v1", "2")):
        job = store.accept(_request(store, model=model, boards=("nucleo_l4r5zi",)))
        store.begin(_task(job))
        store.finish(_task(job), _result(job, "nucleo_l4r5zi", version=version))
    store.finish(_task(store.accept(_request(store, boards=("nucleo_l4r5zi",)))), Failure(code="x", message="y"))
    entries = store.history(model_name="kws.tflite", board="nucleo_l4r5zi")
    assert len(entries) == 3
    assert [entry.finished for entry in entries] == sorted(entry.finished for entry in entries)
    assert len({entry.result_key for entry in entries}) == 3
    assert len(store.history(model_sha256=entries[0].model_sha256)) == 2
    assert store.history(model_name="another") == ()


def test_what_does_not_exist_is_told(store: Store) -> None:
    for ask in (store.job, store.events, store.request_cancel):
        with pytest.raises(StoreError, match="there is no job 'nothing'"):
            ask("nothing")
    assert store.result("nothing") is None
