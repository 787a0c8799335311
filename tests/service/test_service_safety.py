"""Each protection of the service, by a request that only it refuses."""

from __future__ import annotations

import re
import subprocess
import sys

import anyio
import pytest
from starlette.testclient import TestClient

from profiler.errors import SettingsError
from profiler.resources import boards_folder
from profiler.service import uploads
from profiler.service.bodies import SLOWEST_BYTES_PER_SECOND, Body, Places
from profiler.service.problems import ProblemError
from profiler.service.server import require_keys_in_public
from profiler.settings import load_settings
from profiler.settings_service import ServiceSettings
from tests.support.served import Served, make_served
from tests.support.small_models import convolution_model

BOARD = "nucleo_l4r5zi"
MODEL = convolution_model()


def opened(served: Served, **headers: str) -> TestClient:
    return TestClient(served.app, base_url="http://127.0.0.1", headers=headers, raise_server_exceptions=False)


def submit(client: TestClient, model: bytes = MODEL, name: str = "m.tflite", **headers: str):
    return client.post("/v1/profiles", files={"model": (name, model)}, data={"board": BOARD}, headers=headers)


# Keys


def test_without_keys_this_machine_may_do_everything(tmp_path):
    assert submit(opened(make_served(tmp_path))).status_code == 202


def test_as_soon_as_a_key_exists_every_request_needs_one(tmp_path):
    served = make_served(tmp_path)
    secret = served.key("submit")
    client = opened(served)
    answer = client.get("/v1/profiles")
    assert (answer.status_code, answer.json()["code"]) == (401, "key-missing")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert submit(client).status_code == 401
    for path in ("/metrics", "/v1/boards", "/"):
        assert client.get(path, follow_redirects=False).status_code == 401
    assert submit(client, Authorization=f"Bearer {secret}").status_code == 202
    assert submit(client, Authorization="Bearer prf_wrong").json()["code"] == "key-invalid"
    assert client.get("/healthz").status_code == 200


def test_a_revoked_key_is_refused(tmp_path):
    served = make_served(tmp_path)
    secret = served.key("read")
    served.service.store.revoke_key(secret[-8:])
    served.key("read")
    answer = opened(served, Authorization=f"Bearer {secret}").get("/v1/profiles")
    assert answer.json()["code"] == "key-invalid"


def test_a_scope_allows_what_it_says_and_no_more(tmp_path):
    served = make_served(tmp_path)
    reader, one, other, admin = (
        opened(served, Authorization=f"Bearer {served.key(scope, name=scope)}")
        for scope in ("read", "submit", "submit", "admin")
    )
    served.engine.held = True
    assert submit(reader).json()["code"] == "scope-missing"
    job = submit(one).json()["id"]
    assert reader.get(f"/v1/profiles/{job}").status_code == 200
    assert reader.delete(f"/v1/profiles/{job}").json()["code"] == "scope-missing"
    assert other.delete(f"/v1/profiles/{job}").json()["code"] == "scope-missing"
    assert admin.delete(f"/v1/profiles/{job}").status_code == 202
    query = {"model_sha256": served.service.store.job(job).request.model_sha256, "board": BOARD}
    assert reader.post("/v1/estimate", json=query).json()["code"] == "scope-missing"


def test_only_hashes_of_keys_are_kept(tmp_path):
    served = make_served(tmp_path)
    secret = served.key("admin")
    served.service.store.close()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("profiler.sqlite*"))
    assert secret.encode() not in kept
    assert secret[4:].encode() not in kept


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_cannot_use(tmp_path):
    served = make_served(tmp_path)
    secret = served.key("submit")
    client = opened(served, Accept="text/html")
    away = client.get("/profiles", follow_redirects=False)
    assert (away.status_code, away.headers["location"]) == (303, "/sign-in?next=/profiles")
    assert client.post("/sign-in", data={"key": "prf_no", "next": "/"}).status_code == 401
    answer = client.post("/sign-in", data={"key": secret, "next": "https://evil.example/"}, follow_redirects=False)
    assert answer.headers["location"] == "/"
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert client.get("/profiles").status_code == 200
    client.post("/sign-out")
    assert client.get("/profiles", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5"])
def test_it_refuses_to_listen_in_public_without_a_key(tmp_path, host):
    served = make_served(tmp_path)
    settings = load_settings(service={"host": host})
    with pytest.raises(SettingsError, match="refusing to listen") as refusal:
        require_keys_in_public(settings, served.service.store)
    assert "profiler keys create" in str(refusal.value.hint)
    served.key("read")
    require_keys_in_public(settings, served.service.store)


def test_it_listens_to_this_machine_alone_by_default(monkeypatch):
    monkeypatch.delenv("PROFILER_SERVICE_HOST", raising=False)
    assert ServiceSettings().host == "127.0.0.1"


# Rates


def test_each_key_has_a_rate_of_its_own(tmp_path):
    served = make_served(tmp_path, read_rate="3/minute")
    one, other = (opened(served, Authorization=f"Bearer {served.key('read')}") for _ in range(2))
    assert [one.get("/v1/profiles").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = one.get("/v1/profiles")
    assert refused.json()["code"] == "rate-limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert other.get("/v1/profiles").status_code == 200


def test_starting_work_has_a_rate_of_its_own(tmp_path):
    client = opened(make_served(tmp_path, submit_rate="2/hour"))
    assert [submit(client).status_code for _ in range(3)] == [202, 202, 429]
    assert client.get("/v1/profiles").status_code == 200


def test_guessing_keys_has_a_rate(tmp_path):
    served = make_served(tmp_path, submit_rate="2/hour")
    client = opened(served)
    codes = [client.post("/sign-in", data={"key": f"prf_{n}", "next": "/"}).status_code for n in range(3)]
    assert codes == [401, 401, 429]


@pytest.mark.parametrize("name", ["read_rate", "submit_rate"])
def test_a_rate_that_is_none_is_an_error(tmp_path, name):
    with pytest.raises(SettingsError, match=name):
        make_served(tmp_path, **{name: "often"})


# Where requests come from


def test_a_page_of_another_site_cannot_send_anything(tmp_path):
    client = opened(make_served(tmp_path))
    answer = submit(client, Origin="https://evil.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin-refused")
    assert submit(client, Origin="http://127.0.0.1").status_code == 202


def test_a_name_that_somebody_points_here_is_refused(tmp_path):
    client = opened(make_served(tmp_path))
    answer = client.get("/v1/profiles", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (421, "host-refused")
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert client.get("/healthz", headers={"Host": host}).status_code == 200
    behind = opened(make_served(tmp_path / "proxy", allowed_hosts=["profiler.example"]))
    assert behind.get("/healthz", headers={"Host": "profiler.example"}).status_code == 200


def test_cross_origin_calls_are_off_unless_an_origin_is_named(tmp_path):
    ask = {"Origin": "https://ci.example", "Access-Control-Request-Method": "POST"}
    closed = opened(make_served(tmp_path))
    assert "access-control-allow-origin" not in closed.options("/v1/profiles", headers=ask).headers
    assert "access-control-allow-origin" not in closed.get("/v1/profiles", headers=ask).headers
    named = opened(make_served(tmp_path / "named", cors_origins=["https://ci.example"]))
    assert named.options("/v1/profiles", headers=ask).headers["access-control-allow-origin"] == "https://ci.example"
    assert submit(named, Origin="https://ci.example").status_code == 202
    other = {**ask, "Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in named.options("/v1/profiles", headers=other).headers


@pytest.mark.parametrize("path", ["/", "/boards", "/v1/boards", "/v1/none", "/healthz", "/problems"])
def test_every_answer_has_the_headers_that_protect_its_reader(tmp_path, path):
    headers = opened(make_served(tmp_path), Accept="text/html").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_a_defect_is_answered_with_these_headers_too(tmp_path, monkeypatch):
    served = make_served(tmp_path)
    monkeypatch.setattr(served.service.store, "counts", None)
    answer = opened(served).get("/metrics")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]


# Bodies


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_read(tmp_path):
    served = make_served(tmp_path, max_upload_bytes=10_000)
    headers = {"Content-Length": str(10_000_000), "Content-Type": "multipart/form-data; boundary=x"}
    answer = opened(served).post("/v1/profiles", content=b"x", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    scope = {"type": "http", "headers": [(b"content-length", b"10000000")]}
    with pytest.raises(ProblemError, match="are allowed"):
        Body(scope, None, ServiceSettings(max_upload_bytes=65_536), Places(1))  # nothing to receive from


def test_a_body_that_turns_out_too_large_is_refused_on_the_way(tmp_path):
    served = make_served(tmp_path, max_upload_bytes=10_000)
    answer = submit(opened(served), b"x" * 200_000)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert submit(opened(served), b"x" * 40_000).json()["code"] == "too-large"  # the file alone


def receiving(messages, clock=lambda: 0.0, **settings) -> Body:
    waiting = iter(messages)

    async def receive():
        message = next(waiting)
        if message is None:
            await anyio.sleep_forever()
        return message

    scope = {"type": "http", "headers": []}
    return Body(scope, receive, ServiceSettings(**settings), Places(1), clock)


def chunk(size: int, *, more: bool = True) -> dict[str, object]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


def read_all(body: Body, messages: int) -> None:
    async def read() -> None:
        for _ in range(messages):
            await body.receive()

    anyio.run(read)


def test_a_chunked_body_is_counted():
    with pytest.raises(ProblemError) as refusal:
        read_all(receiving([chunk(60_000)] * 3, max_upload_bytes=65_536), 3)
    assert refusal.value.code == "too-large"


def test_a_body_that_stops_arriving_is_given_up():
    with pytest.raises(ProblemError) as refusal:
        read_all(receiving([chunk(10), None], upload_idle_seconds=0.05), 2)
    assert refusal.value.code == "request-timeout"


def test_a_body_that_drips_is_given_up():
    ticks = iter(range(0, 10_000, 20))
    with pytest.raises(ProblemError) as refusal:
        read_all(receiving([chunk(1)] * 10, clock=lambda: float(next(ticks)), upload_idle_seconds=30), 10)
    assert refusal.value.code == "request-timeout"
    ticks = iter(range(0, 10_000, 20))
    fast = receiving([chunk(25 * SLOWEST_BYTES_PER_SECOND)] * 5, clock=lambda: float(next(ticks)))
    read_all(fast, 5)


def test_only_so_many_large_bodies_are_read_at_once():
    places = Places(1)
    scope = {"type": "http", "headers": [(b"content-length", b"2000000")]}
    first = Body(scope, None, ServiceSettings(), places)
    with pytest.raises(ProblemError) as refusal:
        Body(scope, None, ServiceSettings(), places)
    assert refusal.value.code == "busy"
    small = {"type": "http", "headers": [(b"content-length", b"2000")]}
    Body(small, None, ServiceSettings(), places).close()
    first.close()
    Body(scope, None, ServiceSettings(), places).close()
    assert places.taken == 0


def test_only_so_many_event_streams_are_open_at_once(tmp_path):
    served = make_served(tmp_path, event_streams_at_once=1)
    client = opened(served)
    job = submit(client).json()["id"]
    served.service.open_streams = 1
    assert client.get(f"/v1/profiles/{job}/events").json()["code"] == "busy"
    served.service.open_streams = 0
    assert client.get(f"/v1/profiles/{job}/events").status_code == 200
    assert served.service.open_streams == 0


# Models


def test_a_model_is_verified_before_anything_is_kept(tmp_path):
    served = make_served(tmp_path)
    client = opened(served)
    for data in (b"", b"GIF89a", MODEL[:-40], MODEL[:300] + b"\xff" * 40 + MODEL[340:]):
        answer = submit(client, data)
        assert answer.json()["code"] in ("model-damaged", "model-missing"), data[:10]
        assert answer.json()["hint"]
    assert not served.engine.submitted
    assert not [path for path in (tmp_path / "data" / "models").rglob("*") if path.is_file()]


@pytest.mark.parametrize("ending", [["sh", "-c", "kill -SEGV $$"], ["sh", "-c", "sleep 20"], ["echo", "not JSON"]])
def test_whatever_a_model_does_to_its_reader_the_service_goes_on(tmp_path, monkeypatch, ending):
    run = subprocess.run
    monkeypatch.setattr(uploads, "VERIFY_SECONDS", 0.5)
    monkeypatch.setattr(uploads.subprocess, "run", lambda _command, **options: run(ending, **options))
    client = opened(make_served(tmp_path))
    assert submit(client).json()["code"] == "model-damaged"
    assert client.get("/healthz").status_code == 200


def test_the_reader_has_limits_of_its_own():
    code = (
        "import profiler.service.verifier as v, sys, io, resource\n"
        "sys.stdin = io.TextIOWrapper(io.BytesIO(b'x'))\n"
        "v.main()\n"
        "print()\n"
        "limits = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)\n"
        "print(*(resource.getrlimit(limit)[1] for limit in limits))\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    memory, seconds, file_bytes, processes = map(int, out.splitlines()[-1].split())
    assert 0 < memory <= 4 << 30
    assert 0 < seconds <= 120
    assert (file_bytes, processes) == (0, 0)


HOSTILE = (
    '"; system("id"); //', "'; DROP TABLE jobs; --", "../../../etc/passwd", "..\\..\\boot.ini", "a\nb\r\nSet-Cookie: x",
    "*/ int evil; /*", "??/\n", "%:include <x>", "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }}", "{% raw %}", "$(id)`id`", "\u202egnp.exe", "\x00\x1b[31m", "a" * 1000, "=1+1", "javascript:alert(1)",
)  # fmt: skip


def test_hostile_file_names_are_text_wherever_they_are_shown(tmp_path):
    served = make_served(tmp_path)
    client = opened(served)
    for name in HOSTILE:
        shown = uploads.shown_name(name)
        assert len(shown) <= 120
        assert shown.isprintable()
        assert "/" not in shown
        sent = name.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")
        job = client.post("/v1/profiles", files={"model": (sent, MODEL)}, data={"board": BOARD}).json()
        for path in ("/", f"/profiles/{job['id']}", f"/v1/profiles/{job['id']}/report"):
            require_harmless(client, path)
    for path in ("/profiles", "/models", "/compare"):
        require_harmless(client, path)
    kept = [path.relative_to(tmp_path).as_posix() for path in (tmp_path / "data" / "models").rglob("*")]
    assert all(re.fullmatch(r"data/models/[0-9a-f]{2}(/[0-9a-f]{64})?", path) for path in kept), kept


def require_harmless(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    for live in ("<script>alert", "<img src=x", ">49<"):
        assert live not in answer.text.lower()


def test_boards_are_names_never_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    board = tmp_path / "mine.toml"
    board.write_bytes((boards_folder() / f"{BOARD}.toml").read_bytes())
    client = opened(make_served(tmp_path))
    for name in (str(board), "mine.toml", "../boards/nucleo_l4r5zi", "nucleo_l4r5zi.toml"):
        data = {"board": name}
        assert client.post("/v1/profiles", files={"model": ("m", MODEL)}, data=data).status_code == 422
        assert client.post("/v1/estimate", json={"model_sha256": "0" * 64, "board": name}).status_code == 422
    assert client.get("/boards/..%2Fcores%2Fcortex-m4").status_code in (404, 422)
    assert client.get("/boards/mine.toml").status_code == 422


def test_nothing_but_the_pages_own_files_is_served(tmp_path):
    client = opened(make_served(tmp_path))
    page = client.get("/", headers={"Accept": "text/html"}).text
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
    assert len(assets) >= 5
    for asset in assets:
        assert client.get(asset).headers["cache-control"].endswith("immutable")
        folder = asset.rpartition("/")[0]
        assert client.get(f"{folder}/..%2f..%2f..%2fpyproject.toml").status_code == 404
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
