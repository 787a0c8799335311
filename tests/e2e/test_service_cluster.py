"""The service as a team runs it: PostgreSQL, a Dask scheduler, a worker with a board on its host. Nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.support.bench import ALIAS, make_bench
from tests.support.cluster import free_address, scheduler, wait_for_workers
from tests.support.postgres import postgres_cluster, postgres_programs
from tests.support.serving import serving, start_server
from tests.support.small_models import convolution_model

BOARD = "nucleo_l4r5zi"

pytestmark = [
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler on this machine"),
    pytest.mark.skipif(postgres_programs() is None, reason="PostgreSQL is not installed: apt-get install postgresql"),
]


@pytest.fixture
def arguments(tmp_path: Path) -> Iterator[list[str]]:
    """Of `profiler serve`, for a database, a scheduler and a worker that run until the test has ended."""
    programs = postgres_programs()
    assert programs is not None
    bench, address = make_bench(tmp_path, BOARD), free_address()
    command = [sys.executable, "-m", "profiler", "worker", "--scheduler", address, "--lab", str(bench.lab_file)]
    environment = {**os.environ, "PROFILER_CACHE_FOLDER": str(tmp_path / "worker"), "PROFILER_WORKERS": "1"}
    with ExitStack() as stack:
        url = stack.enter_context(postgres_cluster(programs))
        stack.enter_context(bench.plugged_in())
        stack.enter_context(scheduler(address))
        worker = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        wait_for_workers(address, 1)
        yield ["--database-url", url, "--scheduler", address]
        worker.send_signal(signal.SIGTERM)
        said = worker.communicate(timeout=60)[1]
        assert worker.returncode == 0
        assert "Traceback" not in said, said


def submit(address: str, **fields: str) -> str:
    files = {"model": ("m.tflite", convolution_model())}
    answer = httpx.post(f"{address}/v1/profiles", files=files, data={"board": BOARD, **fields}, timeout=30)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def test_jobs_survive_a_killed_server_and_run_on_the_workers_board(arguments: list[str], tmp_path: Path) -> None:
    server = start_server(tmp_path, *arguments)
    jobs = [submit(server.address, inputs="1"), submit(server.address, inputs="1", on=ALIAS)]
    server.stop(signal.SIGKILL)
    with serving(tmp_path, *arguments) as again:
        for job_id in jobs:
            ends = time.monotonic() + 120
            while not (job := httpx.get(f"{again.address}/v1/profiles/{job_id}", timeout=30).json())["finished"]:
                assert time.monotonic() < ends, job
                time.sleep(0.3)
            assert job["state"] == "done", job
        measured = job["boards"][0]["result"]["measured"]
        assert (measured["on"], measured["basis"], measured["outputs_equal"]) == (ALIAS, "emulated+model", True)
        query = {"model_sha256": job["model_sha256"], "board": BOARD, "inputs": 1}
        estimate = httpx.post(f"{again.address}/v1/estimate", json=query, timeout=30).json()
        assert (estimate["source"], "measured" in estimate) == ("store", False)
        attached = httpx.get(f"{again.address}/v1/attached", timeout=30).json()
        assert {"board": BOARD, "on": ALIAS, "simulated": True} in attached
        assert httpx.get(f"{again.address}/readyz", timeout=30).status_code == 200
