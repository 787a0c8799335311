"""Claims about a Dask cluster of separate processes on this machine: one for all tests, the last of which breaks it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from profiler.errors import SettingsError
from profiler.pipeline import Options
from profiler.settings import Settings, load_settings
from profiler.store.model import EventKind, Job, JobState
from profiler.store.store import Store
from profiler.work.engine import Engine
from profiler.work.work import canonical_bytes
from profiler.work.worker import parse_boards
from tests.support.bench import make_bench
from tests.support.cluster import ended, free_address, start_scheduler, wait_for_workers
from tests.work.conftest import BOARD, accept, wait_for_stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Two:
    """A scheduler with two workers; the first one has a board on its host."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]


@pytest.fixture(scope="module")
def cluster(cache_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """Each worker has a build cache of its own, as on hosts of their own."""
    folder, address = tmp_path_factory.mktemp("cluster"), free_address()
    bench = make_bench(folder, BOARD)
    with ExitStack() as stack:
        stack.enter_context(bench.plugged_in())
        scheduler = start_scheduler(address)
        workers = (
            _worker(address, cache_folder, "--lab", str(bench.lab_file)),
            _worker(address, folder / "other", "--lab", str(folder / "none.toml")),
        )
        stack.enter_context(ended(scheduler, *workers))
        wait_for_workers(address, 2)
        yield Two(address=address, scheduler=scheduler, workers=workers)


def _worker(address: str, cache: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "profiler", "worker", "--scheduler", address, "--threads", "1", *options]
    environment = {**os.environ, "PROFILER_CACHE_FOLDER": str(cache)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def test_a_job_that_needs_a_board_goes_to_the_host_that_has_it_and_never_two_at_once(
    cluster: Two, settings: Settings, store: Store
) -> None:
    engine = Engine(store, settings, cluster.address)
    engine.start()
    try:
        jobs = [accept(store, options=Options(input_sets=1, seed=seed, on="board")) for seed in range(3)]
        assert {engine.wait(job.id, 100).state for job in jobs} == {JobState.DONE}
        times = []
        for job in jobs:
            stages = {event.data["stage"]: event for event in store.events(job.id) if event.kind is EventKind.STAGE}
            assert str(stages["measure"].data["worker"]).endswith(f" {cluster.workers[0].pid}")
            times.append((stages["run"].time, stages["report"].time))
        times.sort()
        assert all(end <= start for (_, end), (start, _) in pairwise(times)), times
    finally:
        engine.close(graceful=False)


def test_two_workers_give_the_bytes_of_the_local_run_and_a_killed_one_loses_nothing(
    cluster: Two, settings: Settings, store: Store, cache_folder: Path, tmp_path: Path
) -> None:
    boards = (BOARD, "raspberry_pi_pico")
    engine = Engine(store, settings, cluster.address)
    engine.start()
    try:
        jobs = [accept(store, seed=seed, boards=boards) for seed in (0, 1)]
        done = [engine.wait(job.id, 100) for job in jobs]
        assert {job.state for job in done} == {JobState.DONE}, done
        assert len({task.worker for job in done for task in job.tasks}) == 2

        slow = [accept(store, seed=seed, options=Options(input_sets=40)) for seed in (0, 1)]
        wait_for_stage(store, slow[0], "run")
        cluster.workers[0].kill()
        finished = [engine.wait(job.id, 100) for job in slow]
        assert {job.state for job in finished} == {JobState.DONE}, finished
        causes = {event.data["code"] for job in slow for event in store.events(job.id)
                  if event.kind is EventKind.RETRY}  # fmt: skip
        assert causes == {"worker_lost"}
        assert max(job.tasks[0].attempts for job in finished) == 2

        cluster.scheduler.kill()
        cluster.scheduler.wait()
        waiting = accept(store, seed=0, options=Options(input_sets=2))
        with ended(start_scheduler(cluster.address)):
            assert engine.wait(waiting.id, 100).state is JobState.DONE  # the worker found its way back too
            engine.close()
    finally:
        engine.close(graceful=False)
    _require_bytes_of_a_local_run(store, done, cache_folder, tmp_path / "local")


def _require_bytes_of_a_local_run(store: Store, done: list[Job], cache_folder: Path, folder: Path) -> None:
    other = Store.open(None, folder)
    here = Engine(other, load_settings(cache_folder=cache_folder, data_folder=folder, workers=1))
    here.start()
    try:
        for distributed in done:
            other.put_model(store.blobs.read(distributed.request.model_sha256))
            local = here.wait(other.accept(distributed.request).id, 100)
            for mine, theirs in zip(local.tasks, distributed.tasks, strict=True):
                one, two = other.result(mine.result_key or ""), store.result(theirs.result_key or "")
                assert one is not None
                assert two is not None
                assert one.key == two.key
                assert canonical_bytes(one.profile_json) == canonical_bytes(two.profile_json)
    finally:
        here.close()
        other.close()


def test_boards_of_a_worker_are_read_strictly() -> None:
    assert parse_boards([BOARD, "raspberry_pi_pico=2"]) == {BOARD: 1, "raspberry_pi_pico": 2}
    for wrong in ([f"{BOARD}=0"], [f"{BOARD}=x"], [f"{BOARD}="], [BOARD, f"{BOARD}=2"]):
        with pytest.raises(SettingsError):
            parse_boards(wrong)
