"""Claims about confined children: each fails when the protection it is about is taken away."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from profiler.store.model import Failure
from profiler.work.isolation import Limits, can_leave_network
from profiler.work.sandbox import ChildTask, Sandbox

_ROOT = Path(__file__).resolve().parents[2]
_LIMITS = Limits(memory_bytes=512 << 20, cpu_seconds=60, file_bytes=16 << 20, wall_seconds=60)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(_ROOT))  # for the functions of tests/support/sandboxed.py
        patch.setenv("PROFILER_DATABASE_URL", "postgresql://u:secret@/d")
        patch.setenv("PGPASSWORD", "secret")
        made = Sandbox()
        yield made
        made.close()


def _run(
    sandbox: Sandbox,
    function: str,
    *,
    text: str = "",
    limits: Limits = _LIMITS,
    messages: list[Mapping[str, Any]] | None = None,
) -> Any:
    task = ChildTask(entry=f"tests.support.sandboxed:{function}", files={"input": text.encode()}, limits=limits)
    told = messages if messages is not None else []
    answer = sandbox.run(task, told.append)
    return answer if isinstance(answer, Failure) else answer["value"]


def _code(sandbox: Sandbox, function: str, **changed: Any) -> str:
    answer = _run(sandbox, function, limits=replace(_LIMITS, **changed))
    assert isinstance(answer, Failure), answer
    return answer.code


def _gone(pid: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_a_child_answers_and_tells_on_the_way(sandbox: Sandbox) -> None:
    messages: list[Mapping[str, Any]] = []
    assert _run(sandbox, "echo", text="hello", messages=messages) == "hello"
    assert {"stage": "read"} in messages


def test_a_child_has_a_folder_of_its_own_which_is_gone_afterwards(sandbox: Sandbox) -> None:
    seen = _run(sandbox, "surroundings")
    assert Path(seen["temporary"]).parent == Path(seen["folder"])
    assert not Path(seen["folder"]).exists()
    assert seen["input"] == ""
    assert seen["owner"] == os.getuid()


def test_a_child_knows_no_passwords(sandbox: Sandbox) -> None:
    environment = _run(sandbox, "surroundings")["environment"]
    assert "PATH" in environment
    assert "secret" not in str(environment)


def test_a_child_that_takes_too_much_processor_time_ends(sandbox: Sandbox) -> None:
    assert _code(sandbox, "spin", cpu_seconds=1) == "cpu_limit"


def test_a_child_that_takes_too_much_memory_ends(sandbox: Sandbox) -> None:
    assert _code(sandbox, "allocate") == "out_of_memory"
    assert _run(sandbox, "allocate", limits=replace(_LIMITS, memory_bytes=2 << 30)) == 12


def test_what_a_child_starts_has_the_same_limits(sandbox: Sandbox) -> None:
    assert _run(sandbox, "grandchild_allocates") != 0
    assert _run(sandbox, "grandchild_allocates", limits=replace(_LIMITS, memory_bytes=2 << 30)) == 0


def test_memory_that_is_only_reserved_does_not_count(sandbox: Sandbox) -> None:
    assert _run(sandbox, "reserve") == 8 << 30


def test_a_child_that_writes_too_large_a_file_ends(sandbox: Sandbox) -> None:
    assert _code(sandbox, "write") == "file_limit"
    assert _run(sandbox, "write", limits=replace(_LIMITS, file_bytes=128 << 20)) == "written"


def test_a_child_that_hangs_ends_with_all_it_started(sandbox: Sandbox) -> None:
    messages: list[Mapping[str, Any]] = []
    answer = _run(sandbox, "sleep", limits=replace(_LIMITS, wall_seconds=2), messages=messages)
    assert isinstance(answer, Failure)
    assert answer.code == "wall_limit"
    assert _gone(next(message["sleeper"] for message in messages if "sleeper" in message))


def test_nothing_outlives_a_child(sandbox: Sandbox) -> None:
    assert _gone(_run(sandbox, "leave_a_process"))


@pytest.mark.skipif(not can_leave_network(), reason="this system does not let processes have a network of their own")
def test_a_child_has_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert _run(sandbox, "connect", text=str(server.getsockname()[1])) == "ConnectionRefusedError"
        socket.create_connection(server.getsockname()).close()  # everybody else reaches it
    assert _run(sandbox, "talk_to_itself") == "connected"


def test_a_child_can_be_stopped_from_another_thread(sandbox: Sandbox) -> None:
    timer = threading.Timer(0.5, sandbox.stop)
    timer.start()
    answer = _run(sandbox, "sleep")
    assert isinstance(answer, Failure)
    assert answer.code == "cancelled"
    sandbox.stop()  # of nothing
    assert _run(sandbox, "echo", text="next") == "next"


@pytest.mark.parametrize(
    ("function", "code", "message"),
    [
        ("crash", "crashed", "SIGSEGV"),
        ("be_killed", "killed", "from outside"),
        ("raise_", "crashed", "ValueError: something is wrong"),
        ("leave_nonsense", "crashed", "exit code 0"),
        ("kill_the_parent", "killed", "from outside"),
        ("no_such_function", "crashed", "no_such_function"),
    ],
)
def test_a_child_that_dies_is_told_and_the_next_one_works(
    sandbox: Sandbox, function: str, code: str, message: str
) -> None:
    answer = _run(sandbox, function)
    assert isinstance(answer, Failure)
    assert answer.code == code
    assert message in answer.message
    assert _run(sandbox, "echo", text="next") == "next"


def test_what_a_child_says_that_is_no_message_is_ignored(sandbox: Sandbox) -> None:
    assert _run(sandbox, "say_nonsense") == "done"


def test_a_child_ends_when_its_parents_input_does() -> None:
    """The worker was killed: nobody is left to watch the clock."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(_ROOT))
        sandbox = Sandbox()
        messages: list[Mapping[str, Any]] = []
        thread = threading.Thread(target=lambda: _run(sandbox, "sleep", messages=messages))
        thread.start()
        end = time.monotonic() + 30
        while not any("sleeper" in message for message in messages):
            assert time.monotonic() < end
            time.sleep(0.05)
        assert sandbox._process is not None
        with contextlib.suppress(BrokenPipeError):
            sandbox._process.stdin.close()  # type: ignore[union-attr]
        thread.join(20)
        assert not thread.is_alive()
        for message in messages:
            for pid in message.values():
                assert isinstance(pid, str) or _gone(int(pid))
        sandbox.close()
