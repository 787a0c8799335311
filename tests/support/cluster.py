"""A Dask scheduler of this machine, in a process of its own."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import Client

PROGRAMS = Path(sys.executable).parent


def free_address() -> str:
    """Where nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def start_scheduler(address: str) -> subprocess.Popen[bytes]:
    """It listens there soon."""
    port = address.rpartition(":")[2]
    options = ["--host", "127.0.0.1", "--port", port, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
    return subprocess.Popen([PROGRAMS / "dask", "scheduler", *options], stderr=subprocess.DEVNULL)


@contextmanager
def scheduler(address: str) -> Iterator[subprocess.Popen[bytes]]:
    """Until the block ends."""
    process = start_scheduler(address)
    with ended(process):
        yield process


@contextmanager
def ended(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """They end with the block, and not by an error."""
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            assert process.wait(30) in (0, -signal.SIGTERM, -signal.SIGKILL), process.args


def wait_for_workers(address: str, count: int) -> None:
    """Until so many have come."""
    end = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=5, set_as_default=False) as client:
                client.wait_for_workers(count, timeout=60)
                return
        except OSError:
            assert time.monotonic() < end
