"""Claims about a Dask cluster of separate processes on this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from distributed import Client

from profiler.errors import SettingsError
from profiler.pipeline import Options
from profiler.settings import Settings, load_settings
from profiler.store.model import EventKind, JobState
from profiler.store.store import Store
from profiler.work.engine import Engine
from profiler.work.work import canonical_bytes
from profiler.work.worker import parse_boards
from tests.support.bench import make_bench
from tests.work.conftest import BOARD, accept, wait_for_stage

_PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def address() -> str:
    """Where nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def _scheduler(address: str) -> subprocess.Popen[bytes]:
    port = address.rpartition(":")[2]
    command = [
        "scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--no-dashboard",
        "--dashboard-address",
        "127.0.0.1:0",
    ]
    return subprocess.Popen([_PROGRAMS / "dask", *command], stderr=subprocess.DEVNULL)


def _worker(address: str, cache: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [_PROGRAMS / "profiler", "worker", "--scheduler", address, "--threads", "1", *options]
    environment = {**os.environ, "PROFILER_CACHE_FOLDER": str(cache)}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


def _wait_for_workers(address: str, count: int) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                client.wait_for_workers(count, timeout=60)
                return
        except OSError:
            assert time.monotonic() < end


@contextmanager
def _ended(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            assert process.wait(30) in (0, -signal.SIGTERM, -signal.SIGKILL), process.args


def test_two_workers_give_the_bytes_of_the_local_run_and_a_killed_one_loses_nothing(
    address: str, settings: Settings, store: Store, cache_folder: Path, tmp_path: Path
) -> None:
    """Each worker has a build cache of its own, as on hosts of their own."""
    boards = (BOARD, "raspberry_pi_pico")
    scheduler = _scheduler(address)
    workers = [_worker(address, cache_folder), _worker(address, tmp_path / "other")]
    with _ended(scheduler, *workers):
        _wait_for_workers(address, 2)
        engine = Engine(store, settings, address)
        engine.start()
        try:
            jobs = [accept(store, seed=seed, boards=boards) for seed in (0, 1)]
            done = [engine.wait(job.id, 100) for job in jobs]
            assert {job.state for job in done} == {JobState.DONE}, done
            assert len({task.worker for job in done for task in job.tasks}) == 2

            slow = [accept(store, seed=seed, options=Options(input_sets=40)) for seed in (2, 3)]
            wait_for_stage(store, slow[0], "run")
            workers[0].kill()
            finished = [engine.wait(job.id, 100) for job in slow]
            assert {job.state for job in finished} == {JobState.DONE}, finished
            causes = {event.data["code"] for job in slow for event in store.events(job.id)
                      if event.kind is EventKind.RETRY}  # fmt: skip
            assert causes == {"worker_lost"}
            assert max(job.tasks[0].attempts for job in finished) == 2

            scheduler.kill()
            scheduler.wait()
            waiting = accept(store, seed=4)
            with _ended(_scheduler(address)):
                assert engine.wait(waiting.id, 100).state is JobState.DONE  # the worker found its way back too
                engine.close()
        finally:
            engine.close(graceful=False)

    other = Store.open(None, tmp_path / "local")
    here = Engine(other, load_settings(cache_folder=cache_folder, data_folder=tmp_path / "local", workers=1))
    here.start()
    try:
        for job, distributed in zip(jobs, done, strict=True):
            other.put_model(store.blobs.read(job.request.model_sha256))
            local = here.wait(other.accept(job.request).id, 100)
            for mine, theirs in zip(local.tasks, distributed.tasks, strict=True):
                one, two = other.result(mine.result_key or ""), store.result(theirs.result_key or "")
                assert one is not None
                assert two is not None
                assert one.key == two.key
                assert canonical_bytes(one.profile_json) == canonical_bytes(two.profile_json)
    finally:
        here.close()
        other.close()


def test_a_job_that_needs_a_board_goes_to_the_host_that_has_it_and_never_two_at_once(
    address: str, settings: Settings, store: Store, cache_folder: Path, tmp_path: Path
) -> None:
    bench = make_bench(tmp_path, BOARD)
    with_board = _worker(address, cache_folder, "--lab", str(bench.lab_file), "--threads", "3")
    with bench.plugged_in(), _ended(_scheduler(address), with_board, _worker(address, cache_folder)):
        _wait_for_workers(address, 2)
        engine = Engine(store, settings, address)
        engine.start()
        try:
            jobs = [accept(store, options=Options(input_sets=1, seed=seed, on="board")) for seed in range(3)]
            assert {engine.wait(job.id, 100).state for job in jobs} == {JobState.DONE}
            times = []
            for job in jobs:
                stages = {event.data["stage"]: event for event in store.events(job.id) if event.kind is EventKind.STAGE}
                assert str(stages["run"].data["worker"]).endswith(f" {with_board.pid}")
                times.append((stages["run"].time, stages["report"].time))
            times.sort()
            assert all(end <= start for (_, end), (start, _) in pairwise(times)), times
        finally:
            engine.close(graceful=False)


def test_boards_of_a_worker_are_read_strictly() -> None:
    assert parse_boards([BOARD, "raspberry_pi_pico=2"]) == {BOARD: 1, "raspberry_pi_pico": 2}
    for wrong in ([f"{BOARD}=0"], [f"{BOARD}=x"], [f"{BOARD}="], [BOARD, f"{BOARD}=2"]):
        with pytest.raises(SettingsError):
            parse_boards(wrong)
