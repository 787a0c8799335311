"""`profiler serve` as users run it: curl against a process, real compilers and emulators, an end that loses nothing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from profiler.report.serialize import from_json
from tests.support.serving import Server, serving, start_server
from tests.support.small_models import convolution_model

BOARD = "nucleo_l4r5zi"

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no cross compiler on this machine")


def curl(*arguments: str) -> str:
    command = ["curl", "--silent", "--show-error", "--fail-with-body", "--max-time", "120", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def wait_for(address: str, job_id: str) -> dict[str, Any]:
    for _ in range(600):
        job = httpx.get(f"{address}/v1/profiles/{job_id}", timeout=30).json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"the job is {job['state']} after two minutes")


def require_clean(server: Server) -> None:
    """It ended without a traceback, and all that it ever said was a log entry."""
    assert not [entry for entry in server.log if "level" not in entry or "Traceback" in str(entry)], server.log


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_serve_and_curl_give_a_finished_report(tmp_path: Path) -> None:
    (tmp_path / "x.tflite").write_bytes(convolution_model())
    with serving(tmp_path) as server:
        base = f"{server.address}/v1/profiles"
        job = json.loads(
            curl("-F", f"model=@{tmp_path}/x.tflite", "-F", f"board={BOARD}", "-H", "X-Request-ID: ci-7", base)
        )
        events = curl("-N", f"{base}/{job['id']}/events")
        assert 'event: end\ndata: {"state": "done"}' in events
        done = json.loads(curl(f"{base}/{job['id']}"))
        assert done["state"] == "done"
        assert done["boards"][0]["result"]["outputs_agree"] is True
        profile = from_json(curl(f"{base}/{job['id']}/report.json"))
        assert (profile.model.name, profile.board.name) == ("x.tflite", BOARD)
        assert "<h1>x.tflite" in curl(f"{base}/{job['id']}/report")
        estimate = json.loads(
            curl("-F", f"model=@{tmp_path}/x.tflite", "-F", f"board={BOARD}", f"{server.address}/v1/estimate")
        )
        assert (estimate["source"], estimate["latency_ms"]) == ("store", done["boards"][0]["result"]["latency_ms"])
        assert server.stop(signal.SIGINT) in (0, 130)  # Ctrl-C
    require_clean(server)
    told = [entry for entry in server.log if entry.get("request_id") == "ci-7"]
    assert {entry["logger"] for entry in told} >= {"profiler.service.access", "profiler.work"}, told


def test_sigterm_ends_it_and_the_next_start_finishes_what_was_accepted(tmp_path: Path) -> None:
    grace = {"PROFILER_SERVICE_SHUTDOWN_GRACE_SECONDS": "0"}
    server = start_server(tmp_path, **grace)
    jobs = []
    for seed in range(3):
        files = {"model": ("m.tflite", convolution_model(seed=seed))}
        answer = httpx.post(f"{server.address}/v1/profiles", files=files, data={"board": BOARD}, timeout=30)
        jobs.append(answer.json()["id"])
    with httpx.stream("GET", f"{server.address}/v1/profiles/{jobs[-1]}/events", timeout=60) as stream:
        server.process.send_signal(signal.SIGTERM)
        for _ in stream.iter_lines():  # the stream ends with the server, not with the job
            pass
    assert server.stop() == 0
    require_clean(server)
    with serving(tmp_path) as again:
        states = [wait_for(again.address, job)["state"] for job in jobs]
    assert states == ["done", "done", "done"]


def test_a_public_address_without_a_key_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "profiler", "serve", "--host", "0.0.0.0", "--data-folder", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "refusing to listen on 0.0.0.0" in done.stderr
    assert "profiler keys create" in done.stderr


def test_a_taken_port_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        port = server.address.rpartition(":")[2]
        command = [sys.executable, "-m", "profiler", "serve", "--port", port, "--data-folder", str(tmp_path / "other")]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "Address already in use" in done.stderr
    assert "--port" in done.stderr
