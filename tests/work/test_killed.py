"""Nothing that was accepted is lost, whenever the server or what works for it is killed.

The suite does 40 jobs; `KILLED_JOBS=100 pytest tests/work/test_killed.py` as many as one likes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil

from profiler.store.model import EventKind, JobState
from profiler.store.store import Store

_ROOT = Path(__file__).resolve().parents[2]
_JOBS = int(os.environ.get("KILLED_JOBS", "40"))
_MODELS, _KILLS, _WORKER_KILLS = 6, 3, 4


def _start(data: Path, cache: Path) -> subprocess.Popen[bytes]:
    arguments = [str(data), str(cache), str(_JOBS), str(_MODELS)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.engine_process", *arguments],
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"started\n"
    return process


def _kill(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """As `kill -9` and a crash do; the processes it had started."""
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()
    return children


def _kill_workers(process: subprocess.Popen[bytes], moments: random.Random) -> None:
    """Processes that build and run models, one after the other, at random moments."""
    for _ in range(_WORKER_KILLS):
        time.sleep(moments.uniform(0.2, 1.5))
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        if children:
            with contextlib.suppress(psutil.NoSuchProcess):
                moments.choice(children).kill()


def test_every_accepted_job_is_finished_once_though_the_server_is_killed_again_and_again(
    cache_folder: Path, tmp_path: Path
) -> None:
    moments = random.Random(4)
    orphans: list[psutil.Process] = []
    for _ in range(_KILLS):
        process = _start(tmp_path, cache_folder)
        time.sleep(moments.uniform(0.2, 4))
        orphans += _kill(process)
    last = _start(tmp_path, cache_folder)
    _kill_workers(last, moments)
    assert last.wait(240) == 0
    assert last.stdout is not None
    last.stdout.close()

    store = Store.open(None, tmp_path)
    accepted = set((tmp_path / "accepted.txt").read_text().split())
    jobs = store.jobs(limit=500).items
    assert {job.id for job in jobs} == accepted
    assert len(jobs) == _JOBS
    assert Counter(job.state for job in jobs) == {JobState.DONE: _JOBS}
    for job in jobs:
        ends = [event for event in store.events(job.id) if event.kind is EventKind.TASK]
        begins = [event for event in store.events(job.id) if event.kind is EventKind.ATTEMPT]
        assert len(ends) == 1
        assert len(begins) == job.tasks[0].attempts >= 1
    assert len({job.tasks[0].result_key for job in jobs}) == _MODELS
    assert any(job.tasks[0].attempts > 1 for job in jobs), "no kill met a running task"
    store.close()
    _, alive = psutil.wait_procs(orphans, timeout=10)
    assert not alive, "processes outlived their server"
