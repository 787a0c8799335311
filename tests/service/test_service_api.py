"""Claims about the HTTP API: what each route answers, and that it answers in the documented form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from starlette.testclient import TestClient

from profiler.boards.loader import board_names
from profiler.progress import STAGES
from profiler.report.serialize import from_json, json_schema
from profiler.service.problems import PROBLEMS
from profiler.store.model import Failure
from profiler.work.capacity import Attached
from tests.support.served import Served, make_served
from tests.support.small_models import convolution_model

BOARD = "nucleo_l4r5zi"
MODEL = convolution_model()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return make_served(tmp_path)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with TestClient(served.app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


def submit(client: TestClient, *boards: str, model: bytes = MODEL, headers: dict[str, str] | None = None, **fields):
    files = {"model": ("my model.tflite", model)}
    return client.post(
        "/v1/profiles", files=files, data={"board": list(boards or [BOARD]), **fields}, headers=headers or {}
    )


def problem(answer, code: str) -> dict[str, object]:
    """The problem document, checked."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["status"] == answer.status_code == PROBLEMS[code].status
    assert body["hint"]
    assert body["title"] == PROBLEMS[code].title
    assert body["type"] == f"/problems/{code}"
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_a_model_becomes_a_job_and_then_a_result(client, served):
    accepted = submit(client, BOARD, "raspberry_pi_pico", tag=["nightly", "main"])
    assert accepted.status_code == 202
    job = client.get(accepted.headers["location"]).json()
    assert (job["state"], job["model_name"], job["tags"]) == ("done", "my model.tflite", ["nightly", "main"])
    assert [task["board"] for task in job["boards"]] == [BOARD, "raspberry_pi_pico"]
    first = job["boards"][0]
    assert first["progress"] == 1
    assert first["result"]["latency_ms"]["basis"] == "emulated+model"
    assert first["result"]["fits"] is True
    assert job["request_id"] == accepted.headers["x-request-id"]
    assert served.engine.submitted == [job["id"]]


def test_reports_come_in_every_format(client):
    job = submit(client).json()
    base = f"/v1/profiles/{job['id']}/report"
    html = client.get(base)
    assert html.headers["content-type"].startswith("text/html")
    assert "my model.tflite" in html.text
    assert "unsafe-inline" not in html.headers["content-security-policy"].split("script-src")[1].split(";")[0]
    profile = client.get(base + ".json")
    jsonschema.validate(profile.json(), json_schema())
    assert from_json(profile.content).model.name == "my model.tflite"
    assert client.get(base + ".csv").text.startswith("index,kind,name,")
    assert client.get(base + ".md").text.startswith("### my model.tflite on ")
    problem(client.get(base + ".exe"), "request-invalid")


def test_of_several_boards_one_must_be_named(client):
    job = submit(client, BOARD, "raspberry_pi_pico").json()
    body = problem(client.get(f"/v1/profiles/{job['id']}/report"), "request-invalid")
    assert "raspberry_pi_pico" in str(body["hint"])
    assert client.get(f"/v1/profiles/{job['id']}/report.json?board=raspberry_pi_pico").status_code == 200
    problem(client.get(f"/v1/profiles/{job['id']}/report.json?board=nrf52840_dk"), "result-unknown")


def test_a_failed_job_tells_why(client, served):
    served.engine.failure = Failure(code="does_not_fit", message="too large by 3 bytes", hint="take a larger board")
    job = client.get(submit(client).headers["location"]).json()
    assert job["state"] == "failed"
    assert job["boards"][0]["failure"] == {
        "code": "does_not_fit",
        "message": "too large by 3 bytes",
        "hint": "take a larger board",
    }
    body = problem(client.get(f"/v1/profiles/{job['id']}/report.json"), "job-without-result")
    assert (body["detail"], body["hint"]) == ("too large by 3 bytes", "take a larger board")


def test_a_job_that_waits_has_no_report_and_can_be_cancelled_once(client, served):
    served.engine.held = True
    job = submit(client).json()
    assert job["state"] == "queued"
    problem(client.get(f"/v1/profiles/{job['id']}/report"), "result-not-ready")
    assert client.delete(f"/v1/profiles/{job['id']}").json()["state"] == "cancelled"
    problem(client.delete(f"/v1/profiles/{job['id']}"), "job-finished")
    problem(client.get(f"/v1/profiles/{job['id']}/report"), "job-without-result")


def test_events_are_told_in_order_and_end(client):
    job = submit(client).json()
    text = client.get(f"/v1/profiles/{job['id']}/events").text
    kinds = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert kinds[0] == "accepted"
    assert kinds[-1] == "end"
    assert kinds.count("stage") == len(STAGES)
    numbers = [int(line[4:]) for line in text.splitlines() if line.startswith("id: ")]
    assert numbers == sorted(numbers)
    rest = client.get(f"/v1/profiles/{job['id']}/events", headers={"Last-Event-ID": str(numbers[-3])}).text
    assert rest.count("event: ") == 2
    end = [line for line in text.splitlines() if line.startswith("data: ")][-1]
    assert json.loads(end[6:])["state"] == "done"


def test_the_list_is_filtered_and_comes_in_pages(client):
    other = convolution_model(channels=8)
    for number in range(5):
        submit(client, tag=[f"run={number % 2}"])
    submit(client, "raspberry_pi_pico", model=other)
    first = client.get("/v1/profiles", params={"limit": 4}).json()
    rest = client.get("/v1/profiles", params={"limit": 4, "cursor": first["next_cursor"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (4, 2, None)
    assert len({job["id"] for job in first["items"] + rest["items"]}) == 6
    digest = first["items"][0]["model_sha256"]

    def count(**params: str) -> int:
        return len(client.get("/v1/profiles", params=params).json()["items"])

    assert count(model=digest) == 1
    assert count(board=BOARD) == 5
    assert count(tag="run=1") == 2
    assert count(state="done") == 6
    assert count(since="2000-01-01T00:00:00Z", until="2001-01-01T00:00:00Z") == 0
    problem(client.get("/v1/profiles", params={"cursor": "x"}), "request-invalid")
    problem(client.get("/v1/profiles", params={"state": "nearly"}), "request-invalid")


def test_the_same_idempotency_key_gives_the_same_job(client):
    key = {"Idempotency-Key": "5f2c"}
    first, second = submit(client, headers=key), submit(client, headers=key)
    assert first.json()["id"] == second.json()["id"]
    problem(submit(client, "raspberry_pi_pico", headers=key), "idempotency-conflict")
    problem(submit(client, headers={"Idempotency-Key": "a b"}), "request-invalid")


def test_an_estimate_is_computed_once_then_known(client, served):
    files = {"model": ("x.tflite", MODEL)}
    first = client.post("/v1/estimate", files=files, data={"board": BOARD})
    assert first.status_code == 200
    assert first.json()["source"] == "run"
    again = client.post("/v1/estimate", files=files, data={"board": BOARD}).json()
    by_digest = client.post("/v1/estimate", json={"model_sha256": again["model_sha256"], "board": BOARD}).json()
    assert again["source"] == by_digest["source"] == "memory"
    assert first.json()["latency_ms"] == by_digest["latency_ms"]
    assert len(served.engine.submitted) == 1
    assert client.get(by_digest["links"]["result"]).json()["model"]["sha256"] == again["model_sha256"]
    other = client.post("/v1/estimate", json={"model_sha256": again["model_sha256"], "board": BOARD, "optimize": "Os"})
    assert other.json()["source"] == "run"
    assert len(served.engine.submitted) == 2


def test_what_an_earlier_process_computed_is_known_from_the_store(client):
    digest = submit(client).json()["model_sha256"]
    answer = client.post("/v1/estimate", json={"model_sha256": digest, "board": BOARD}).json()
    assert answer["source"] == "store"


def test_an_estimate_that_takes_longer_is_a_job(client, served):
    served.engine.held = True
    answer = client.post(
        "/v1/estimate", files={"model": ("x.tflite", MODEL)}, data={"board": BOARD, "wait_seconds": "0.1"}
    )
    assert answer.status_code == 202
    assert client.get(answer.headers["location"]).json()["state"] == "queued"


def test_an_estimate_of_a_job_that_fails_is_a_problem(client, served):
    served.engine.failure = Failure(code="does_not_fit", message="too large", hint="smaller")
    answer = client.post("/v1/estimate", files={"model": ("x.tflite", MODEL)}, data={"board": BOARD})
    body = problem(answer, "job-without-result")
    assert (body["detail"], body["failure_code"]) == ("too large", "does_not_fit")


def test_boards_are_listed_with_their_facts(client):
    listed = client.get("/v1/boards").json()
    assert [board["name"] for board in listed] == list(board_names())
    one = client.get(f"/v1/boards/{BOARD}").json()
    assert one["core"]["name"] == "cortex-m4"
    assert one in listed
    problem(client.get("/v1/boards/nucleo"), "board-unknown")


def test_a_model_has_its_history(client):
    digest = submit(client).json()["model_sha256"]
    submit(client, optimize="Os")
    body = client.get(f"/v1/models/{digest}").json()
    assert body["operators"] == 1
    assert body["inputs"] == [{"shape": [1, 8, 8, 3], "dtype": "int8"}]
    assert [row["options"] for row in body["history"]] == ["-O2, kernels auto"] * 2  # the sample says so
    by_name = client.get("/v1/models", params={"name": "my model.tflite"}).json()
    assert by_name == body["history"]
    problem(client.get(f"/v1/models/{'0' * 64}"), "model-unknown")


def test_two_results_are_compared(client):
    job = client.get(submit(client, BOARD, "raspberry_pi_pico").headers["location"]).json()
    a, b = f"{job['id']}:{BOARD}", job["boards"][1]["result_key"]
    body = client.get("/v1/compare", params={"a": a, "b": b}).json()
    assert (body["before"]["board"], body["after"]["board"]) == (BOARD, "raspberry_pi_pico")
    problem(client.get("/v1/compare", params={"a": "x", "b": b}), "result-unknown")
    problem(client.get("/v1/compare", params={"a": "0" * 64, "b": b}), "result-unknown")
    problem(client.get("/v1/compare", params={"a": job["id"], "b": b}), "request-invalid")


def test_health_readiness_and_metrics(client, served):
    served.engine.held = True
    submit(client)
    served.engine.held = False
    submit(client, "raspberry_pi_pico")
    client.post("/v1/estimate", files={"model": ("x.tflite", MODEL)}, data={"board": BOARD})
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json()["checks"]["store"] == "ok"
    text = client.get("/metrics").text
    for line in (
        'profiler_jobs{state="done"} 2.0',
        "profiler_queue_length 0.0",
        'profiler_stage_seconds_count{stage="build"} 2.0',
        'profiler_estimates_total{source="store"} 1.0',
        'profiler_request_seconds_count{method="POST",route="/v1/profiles",status="2xx"} 2.0',
    ):
        assert line in text, line
    served.service.stopping = True
    body = problem(client.get("/readyz"), "not-ready")
    assert body["checks"]["engine"] == "shutting down"


def test_nothing_new_begins_while_the_service_goes_down(client, served):
    served.service.stopping = True
    answer = submit(client)
    problem(answer, "shutting-down")
    assert answer.headers["retry-after"]
    assert not served.service.store.jobs().items


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"board": ["nucleo_l4r5z"]}, "board-unknown", "nucleo_l4r5z"),
        ({"board": []}, "request-invalid", "board"),
        ({"board": [BOARD], "optimize": "O9"}, "request-invalid", "optimize"),
        ({"board": [BOARD], "planner": "magic"}, "option-invalid", "magic"),
        ({"board": [BOARD], "memory_config": ["prefetch"]}, "option-invalid", "prefetch"),
        ({"board": [BOARD], "inputs": "0"}, "request-invalid", "inputs"),
        ({"board": [BOARD], "colour": "red"}, "request-invalid", "colour"),
        ({"board": [BOARD], "tag": ["<b>"]}, "request-invalid", "tag"),
        ({"board": ["../../etc/passwd"]}, "request-invalid", "board"),
        ({"board": [BOARD], "model_sha256": "0" * 64}, "model-unknown", "0000"),
        ({"board": [BOARD]}, "model-missing", "neither"),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong_with_it(client, served, fields, code, words):
    files = {} if code.startswith("model-") else {"model": ("x.tflite", MODEL)}
    body = problem(client.post("/v1/profiles", files=files, data=fields), code)
    assert words in str(body["detail"])
    assert not served.service.store.jobs().items


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v1/none", "not-found"),
        ("PUT", "/v1/profiles", "method-not-allowed"),
        ("GET", "/v1/profiles/xyz", "request-invalid"),
        ("GET", f"/v1/profiles/{'0' * 32}", "job-unknown"),
        ("DELETE", f"/v1/profiles/{'0' * 32}", "job-unknown"),
        ("GET", f"/v1/profiles/{'0' * 32}/events", "job-unknown"),
        ("GET", f"/v1/results/{'0' * 64}", "result-unknown"),
    ],
)
def test_every_error_is_a_problem_document(client, method, path, code):
    problem(client.request(method, path), code)


def test_a_body_of_the_wrong_kind_is_refused(client):
    problem(client.post("/v1/estimate", content=b"x", headers={"Content-Type": "text/plain"}), "media-type-unsupported")
    problem(client.post("/v1/estimate", content=b"{", headers={"Content-Type": "application/json"}), "request-invalid")
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = client.post("/v1/profiles", content=b"--y\r\n", headers=broken)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_defect_is_a_problem_without_its_details(client, served, monkeypatch):
    def broken(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(served.service.store, "jobs", broken)
    answer = client.get("/v1/profiles")
    problem(answer, "internal")
    assert "hunter2" not in answer.text


def test_a_request_id_is_kept_when_it_is_one(client):
    assert client.get("/healthz", headers={"X-Request-ID": "ci-42"}).headers["x-request-id"] == "ci-42"
    given = client.get("/healthz", headers={"X-Request-ID": "a b\t"}).headers["x-request-id"]
    assert len(given) == 32


def test_openapi_describes_every_route_with_examples_and_problems(client):
    schema = client.get("/v1/openapi.json").json()
    wanted = {
        ("post", "/v1/profiles"), ("get", "/v1/profiles"), ("get", "/v1/profiles/{job_id}"),
        ("delete", "/v1/profiles/{job_id}"), ("get", "/v1/profiles/{job_id}/events"),
        ("get", "/v1/profiles/{job_id}/report"), ("get", "/v1/profiles/{job_id}/report.{extension}"),
        ("post", "/v1/estimate"), ("get", "/v1/attached"), ("get", "/v1/boards"), ("get", "/v1/boards/{name}"),
        ("get", "/v1/models/{sha256}"), ("get", "/v1/models"), ("get", "/v1/results/{key}"),
            ("get", "/v1/compare"), ("get", "/healthz"),
        ("get", "/readyz"), ("get", "/metrics"),
    }  # fmt: skip
    found = {(method, path) for path, operations in schema["paths"].items() for method in operations}
    assert found == wanted
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "ProblemBody" in json.dumps(operation["responses"]["4XX"])
    assert "example" in json.dumps(schema)
    assert set(schema["components"]["schemas"]["ProblemBody"]["properties"]) >= {"type", "title", "status", "detail"}


def test_a_profile_may_ask_for_an_attached_board_and_says_what_it_waits_for(client: TestClient, served: Served) -> None:
    served.engine.held = True
    job = submit(client, on="bench1", repeat="3").json()
    assert (job["options"]["on"], job["options"]["repeat"]) == ("bench1", 3)
    assert job["boards"][0]["waits_for"] == f"no worker with an attached {BOARD} called bench1 is there"
    assert "called bench1" in client.get(f"/profiles/{job['id']}", headers={"Accept": "text/html"}).text
    assert client.get("/v1/attached").json() == []
    assert 'name="on"' not in client.get("/", headers={"Accept": "text/html"}).text
    served.engine.offered = (Attached(board=BOARD, alias="bench1", simulated=True),)
    assert client.get("/v1/attached").json() == [{"board": BOARD, "on": "bench1", "simulated": True}]
    assert client.get(f"/v1/profiles/{job['id']}").json()["boards"][0]["waits_for"] is None
    assert f"bench1: simulated {BOARD}" in client.get("/", headers={"Accept": "text/html"}).text
    emulated = submit(client).json()
    served.engine.held = False
    served.engine.work()
    keys = {client.get(f"/v1/profiles/{each['id']}").json()["boards"][0]["result_key"] for each in (job, emulated)}
    assert len(keys) == 2
    query = {"model_sha256": job["model_sha256"], "board": BOARD}
    answers = [
        client.post("/v1/estimate", json={**query, **more}).json() for more in ({}, {"on": "bench1", "repeat": 3})
    ]
    assert {answer["result_key"] for answer in answers} == keys
    assert "is one board" in submit(client, BOARD, "raspberry_pi_pico", on="bench1").json()["detail"]
    assert f"bench1 is a {BOARD}" in submit(client, "raspberry_pi_pico", on="bench1").json()["detail"]
    for wrong in ({"on": "/dev/ttyACM0"}, {"on": "socket://h:1"}, {"repeat": "2"}, {"on": "sim", "repeat": "0"}):
        assert submit(client, **wrong).status_code == 422
