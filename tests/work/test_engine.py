"""Claims about the engine on local workers."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import pytest
from distributed.batched import BatchedSend

from profiler import pipeline
from profiler.boards.loader import load_board
from profiler.errors import BoardError, StoreError, WorkError
from profiler.pipeline import Options
from profiler.report import serialize
from profiler.resources import boards_folder
from profiler.settings import Settings
from profiler.store.model import EventKind, Failure, JobState, TaskId
from profiler.store.store import Store
from profiler.work.cluster import LOG_LENGTH
from profiler.work.engine import Engine
from profiler.work.work import canonical_bytes
from tests.support.small_models import convolution_model
from tests.work.conftest import BOARD, SLOW, Working, accept, wait_for_stage


def test_a_job_gives_what_the_pipeline_gives(working: Working, tmp_path: Path) -> None:
    engine, store, settings = working.engine, working.store, working.settings
    job = accept(store, boards=(BOARD, "raspberry_pi_pico"))
    engine.submit(job.id)
    done = engine.wait(job.id, 100)
    assert done.state is JobState.DONE, done
    model = tmp_path / "model.tflite"
    model.write_bytes(convolution_model())
    for task in done.tasks:
        assert task.result_key is not None
        result = store.result(task.result_key)
        assert result is not None
        here = pipeline.profile(model, board=task.board, options=Options(input_sets=1), settings=settings)
        named = replace(here, model=replace(here.model, name=serialize.from_json(result.profile_json).model.name))
        assert canonical_bytes(result.profile_json) == canonical_bytes(serialize.to_json(named))
        assert result.board_digest == load_board(task.board).digest
        assert (task.attempts, task.stage) == (1, "report")
        assert task.stage_seconds.keys() >= {"read", "build", "run", "time"}
        assert "small.tflite" not in result.profile_json  # results are shared: no user's file name is in them


def test_every_stage_is_told_once_and_in_order(working: Working) -> None:
    engine, store = working.engine, working.store
    job = engine.wait(accept(store, options=Options(input_sets=1, seed=1)).id, 100)
    stages = [event.data["stage"] for event in store.events(job.id) if event.kind is EventKind.STAGE]
    assert stages == ["read", "choose", "plan", "emit", "build", "run", "time", "check", "report"]


def test_the_same_question_is_computed_once(working: Working) -> None:
    engine, store = working.engine, working.store
    options = Options(input_sets=1, seed=2)
    together = [accept(store, options=options) for _ in range(5)]
    finished = [engine.wait(job.id, 100) for job in together]
    later = engine.wait(accept(store, options=options).id, 100)
    assert {job.state for job in [*finished, later]} == {JobState.DONE}
    assert len({job.tasks[0].result_key for job in [*finished, later]}) == 1
    assert not [event for event in store.events(later.id) if event.kind is EventKind.STAGE]
    found = engine.known_result(later.request.model_sha256, BOARD, later.request.options)
    assert found is not None
    assert found.key == later.tasks[0].result_key
    assert engine.known_result(later.request.model_sha256, BOARD, Options(seed=9)) is None
    with pytest.raises(BoardError):
        engine.known_result(later.request.model_sha256, "no_such_board", Options())


def test_dask_keeps_no_models_of_jobs_that_are_done(working: Working) -> None:
    """By default it keeps the last thousand messages of each connection."""
    connections = [each for each in gc.get_objects() if isinstance(each, BatchedSend)]
    assert working.engine.is_ready
    assert len(connections) >= 4  # client and worker, both ends
    assert all((each.recent_message_log.maxlen or 1000) <= LOG_LENGTH for each in connections)


def test_a_failure_of_the_model_is_told_once_with_its_cause(working: Working) -> None:
    engine, store = working.engine, working.store
    wrong = {
        "model_invalid": accept(store, model=b"no model at all"),
        "board_invalid": accept(store, boards=("no_such_board",)),
        "settings_invalid": accept(store, options=Options(kernels="none_such")),
        "does_not_fit": accept(store, model=convolution_model(height=200, channels=64)),
    }
    for code, job in wrong.items():
        task = engine.wait(job.id, 100).tasks[0]
        assert task.failure is not None, task
        assert (task.state, task.failure.code, task.attempts) == (JobState.FAILED, code, 1), task
        assert task.failure.hint or code == "model_invalid"


def test_one_board_of_two_may_fail(working: Working) -> None:
    engine, store = working.engine, working.store
    job = engine.wait(accept(store, boards=("no_such_board", BOARD)).id, 100)
    assert [task.state for task in job.tasks] == [JobState.FAILED, JobState.DONE]
    assert job.state is JobState.FAILED


def test_a_board_file_of_the_users_own_is_sent_along(working: Working, tmp_path: Path) -> None:
    engine, store = working.engine, working.store
    board = tmp_path / "mine.toml"
    text = (boards_folder() / f"{BOARD}.toml").read_text()
    board.write_text(text.replace(f'name = "{BOARD}"', 'name = "mine"', 1))
    job = engine.wait(accept(store, boards=(str(board),)).id, 100)
    assert job.state is JobState.DONE, job
    assert job.tasks[0].result_key is not None
    result = store.result(job.tasks[0].result_key)
    assert result is not None
    assert serialize.from_json(result.profile_json).board.name == "mine"


def test_a_running_job_can_be_cancelled_and_its_process_ends(working: Working) -> None:
    engine, store = working.engine, working.store
    slow, other = accept(store, options=SLOW), accept(store, options=replace(SLOW, seed=1))
    wait_for_stage(store, slow, "run")
    engine.cancel(slow.id)
    assert engine.wait(slow.id, 20).state is JobState.CANCELLED
    engine.cancel(other.id)
    assert engine.wait(other.id, 20).state is JobState.CANCELLED
    # the workers are free again, long before the cancelled jobs would have ended
    assert engine.wait(accept(store).id, 60).state is JobState.DONE


def test_a_job_that_is_cancelled_does_not_take_another_one_with_it(working: Working) -> None:
    engine, store = working.engine, working.store
    options = Options(input_sets=30)
    one, other = accept(store, options=options), accept(store, options=options)
    wait_for_stage(store, one, "run")
    engine.cancel(one.id)
    assert engine.wait(one.id, 20).state is JobState.CANCELLED
    assert engine.wait(other.id, 100).state is JobState.DONE


def test_what_runs_at_a_shutdown_ends_or_is_done_by_the_next_engine(store: Store, settings: Settings) -> None:
    first = Engine(store, settings)
    first.start()
    slow, waiting = accept(store, options=Options(input_sets=40)), accept(store)
    wait_for_stage(store, slow, "run")
    first.close(graceful=False)
    assert store.job(slow.id).state is JobState.QUEUED
    second = Engine(store, settings)
    second.start()
    try:
        assert second.wait(slow.id, 100).state is JobState.DONE
        assert second.wait(waiting.id, 100).state is JobState.DONE
        assert store.job(slow.id).tasks[0].attempts == 2
        running = accept(store, options=Options(input_sets=20, seed=5))
        wait_for_stage(store, running, "run")
    finally:
        second.close(grace_seconds=60)  # what runs may end
    assert store.job(running.id).state is JobState.DONE


def test_what_an_engine_left_behind_too_often_fails_with_that_cause(store: Store, settings: Settings) -> None:
    often, once, unwanted = (accept(store, options=Options(input_sets=1, seed=seed)) for seed in range(3))
    for job, attempts in ((often, settings.max_attempts), (once, 1), (unwanted, 1)):
        task = TaskId(job_id=job.id, board=BOARD)
        for attempt in range(attempts):
            store.begin(task)
            if attempt < attempts - 1:
                store.requeue(task, Failure(code="x", message="y"))
    store.request_cancel(unwanted.id)
    engine = Engine(store, settings)
    engine.start()
    try:
        failure = engine.wait(often.id, 60).tasks[0].failure
        assert failure is not None
        assert failure.code == "interrupted"
        assert engine.wait(once.id, 60).state is JobState.DONE
        assert engine.wait(unwanted.id, 60).state is JobState.CANCELLED
    finally:
        engine.close()


def test_a_second_engine_on_the_store_is_refused_and_a_missing_scheduler_told(
    working: Working, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine, store, settings = working.engine, working.store, working.settings
    assert engine.is_ready
    with pytest.raises(StoreError, match="another engine works on the store"):
        Engine(store, settings).start()
    monkeypatch.setattr("profiler.work.cluster.CONNECT_SECONDS", 0.5)
    other = Store.open(None, tmp_path / "other")
    for _ in range(2):  # the first attempt let go of the store
        with pytest.raises(WorkError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
            Engine(other, settings, "tcp://127.0.0.1:1").start()
    other.close()


def test_a_run_that_hangs_ends_at_its_limit(store: Store, settings: Settings) -> None:
    engine = Engine(store, settings.model_copy(update={"task_wall_seconds": 4.0}))
    engine.start()
    try:
        task = engine.wait(accept(store, options=SLOW).id, 60).tasks[0]
        assert task.failure is not None
        assert (task.failure.code, task.attempts) == ("wall_limit", 1)
        assert "longer than 4 s" in task.failure.message
        assert "PROFILER_TASK_WALL_SECONDS" in (task.failure.hint or "")
    finally:
        engine.close(graceful=False)
