"""How fast the service answers: cached estimates from a load process, and beside slow clients and large uploads.

    python benchmarks/service.py [--seconds 10] [--connections 16]

Starts `profiler serve` with a data folder of its own, has one small model profiled, and prints requests a second with
the latencies that half and 99 % of requests stay below. The load comes from `wrk` where it is installed (Debian package
`wrk`), else from a Python process that holds as many connections. Traffic goes to this machine alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx2 as httpx

_ROOT = Path(__file__).resolve().parents[1]
_BOARD = "nucleo_l4r5zi"
_WRK_SCRIPT = """
wrk.method = "POST"
wrk.body = '%s'
wrk.headers["Content-Type"] = "application/json"
done = function(summary, latency, requests)
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status + summary.errors.timeout))
end
"""


def main() -> None:
    """Run all measurements against one server."""
    options = _options()
    if options.load:
        asyncio.run(_python_load(*options.load[:2], int(options.load[2]), float(options.load[3])))
        return
    with tempfile.TemporaryDirectory(prefix="profiler-benchmark-") as folder:
        server, address = _start(Path(folder))
        try:
            _measure(address, options.connections, options.seconds)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement")
    parser.add_argument("--connections", type=int, default=16, help="connections of the load process")
    parser.add_argument("--load", nargs=4, help=argparse.SUPPRESS)  # address, body, connections, seconds
    return parser.parse_args()


def _start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    environment = {
        **os.environ,
        "PROFILER_DATA_FOLDER": str(folder / "data"),
        "PROFILER_CACHE_FOLDER": str(folder / "cache"),
        "PROFILER_SERVICE_READ_RATE": "",
        "PROFILER_SERVICE_SUBMIT_RATE": "",
    }
    # an empty variable counts as absent, so rates are switched off by the file
    (folder / "profiler.toml").write_text('[service]\nread_rate = ""\nsubmit_rate = ""\n')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "profiler", "serve", "--port", str(port)]
    log = (folder / "serve.log").open("w")
    server = subprocess.Popen(command, env=environment, cwd=folder, stderr=log, text=True)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            httpx.get(f"{address}/readyz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return server, address
    raise SystemExit((folder / "serve.log").read_text())


def _measure(address: str, connections: int, seconds: float) -> None:
    model = (_ROOT / "zoo" / "kws_int8.tflite").read_bytes()
    begun = time.perf_counter()
    files, fields = {"model": ("kws.tflite", model)}, {"board": _BOARD, "wait_seconds": "30"}
    first = httpx.post(f"{address}/v1/estimate", files=files, data=fields, timeout=120).json()
    print(f"first estimate of the model, computed: {time.perf_counter() - begun:.2f} s")
    body = json.dumps({"model_sha256": first["model_sha256"], "board": _BOARD})
    _one_by_one(address, body, files, fields)
    print(f"cached estimates by digest, {connections} connections: {_load(address, body, connections, seconds)}")
    with _SlowClients(address, 50):
        print(f"the same beside 50 clients that send a byte a second: {_load(address, body, connections, seconds)}")
    upload = _upload_process(address)
    print(f"the same beside 50 MB uploads: {_load(address, body, connections, seconds)}")
    upload.terminate()
    upload.wait()


def _one_by_one(address: str, body: str, files: dict[str, tuple[str, bytes]], fields: dict[str, str]) -> None:
    with httpx.Client(timeout=30) as client:
        headers = {"Content-Type": "application/json"}
        for name, ask in (
            ("by digest", lambda: client.post(f"{address}/v1/estimate", content=body, headers=headers)),
            ("with the file", lambda: client.post(f"{address}/v1/estimate", files=files, data=fields)),
        ):
            took = sorted(_milliseconds(ask) for _ in range(200))
            print(f"cached estimate {name}, one at a time: p50 {took[100]:.1f} ms, p99 {took[197]:.1f} ms")


def _milliseconds(ask: object) -> float:
    begun = time.perf_counter()
    answer = ask()  # type: ignore[operator]
    assert answer.status_code == 200
    return (time.perf_counter() - begun) * 1e3


def _load(address: str, body: str, connections: int, seconds: float) -> str:
    """Measured by another process."""
    if shutil.which("wrk"):
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_WRK_SCRIPT % body)
            script.flush()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", script.name, f"{address}/v1/estimate"]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        count, micros, p50, p99, errors = map(int, re.findall(r"RESULT (.*)", out)[0].split())
        return _told("wrk", count / (micros / 1e6), p50 / 1e3, p99 / 1e3, errors)
    command = [sys.executable, __file__, "--load", address, body, str(connections), str(seconds)]
    rate, p50, p99, errors = map(
        float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    )
    return _told("Python", rate, p50, p99, int(errors))


def _told(by: str, rate: float, p50_ms: float, p99_ms: float, errors: int) -> str:
    return f"{rate:,.0f} requests/s, p50 {p50_ms:.1f} ms, p99 {p99_ms:.1f} ms, {errors} errors ({by})"


async def _python_load(address: str, body: str, connections: int, seconds: float) -> None:
    """Raw HTTP over kept connections: the load must not cost more than the answers."""
    host, port = address.removeprefix("http://").split(":")
    request = (
        f"POST /v1/estimate HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    took: list[float] = []
    errors = 0
    ends = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection(host, int(port))
        while (begun := time.perf_counter()) < ends:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(re.findall(rb"content-length: (\d+)", head)[0])
            await reader.readexactly(length)
            errors += not head.startswith(b"HTTP/1.1 200")
            took.append((time.perf_counter() - begun) * 1e3)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    parts = statistics.quantiles(took, n=100)
    print(len(took) / seconds, parts[49], parts[98], errors)


class _SlowClients:
    """Clients that begin a request and send a byte now and then."""

    def __init__(self, address: str, count: int) -> None:
        code = (
            "import socket, sys, time\n"
            "host, port = sys.argv[1].removeprefix('http://').split(':')\n"
            "all = [socket.create_connection((host, int(port))) for _ in range(int(sys.argv[2]))]\n"
            "head = f'POST /v1/estimate HTTP/1.1\\r\\nHost: {host}\\r\\nContent-Type: application/json\\r\\n'\n"
            "[each.sendall((head + 'Content-Length: 500\\r\\n\\r\\n').encode()) for each in all]\n"
            "for _ in range(400):\n"
            "    time.sleep(1)\n"
            "    [each.sendall(b' ') for each in all]\n"
        )
        self._process = subprocess.Popen([sys.executable, "-c", code, address, str(count)], stderr=subprocess.DEVNULL)

    def __enter__(self) -> None:
        time.sleep(1)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()


def _upload_process(address: str) -> subprocess.Popen[bytes]:
    """Another process that uploads 50 MB again and again; the file is no model, which is found out each time."""
    code = (
        "import httpx2 as httpx, sys\n"
        "data = bytes(50_000_000)\n"
        "for _ in range(1000):\n"
        "    httpx.post(sys.argv[1] + '/v1/profiles', files={'model': data}, data={'board': sys.argv[2]}, timeout=60)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code, address, _BOARD], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
