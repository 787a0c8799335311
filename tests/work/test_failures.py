"""Claims about what becomes of errors and of children that end."""

from __future__ import annotations

import errno
import re
import shutil
import signal
from pathlib import Path

import pytest

from profiler import errors
from profiler.errors import ProfilerError, ToolchainError
from profiler.work import failures
from profiler.work.failures import ChildEnd, failure_of, failure_of_error
from profiler.work.isolation import Limits
from profiler.work.sandbox import ChildTask, Sandbox

_ROOT = Path(__file__).resolve().parents[2]
_LIMITS = Limits(memory_bytes=512 << 20, cpu_seconds=60, file_bytes=16 << 20, wall_seconds=60)


@pytest.mark.skipif(shutil.which("arm-none-eabi-g++") is None, reason="the cross compiler is not installed")
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"memory_bytes": 6 << 20}, "out_of_memory"),
        ({"file_bytes": 1000}, "file_limit"),
    ],
)
def test_a_compiler_that_meets_a_limit_is_told_as_that(changed: dict[str, int], code: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(_ROOT))
        sandbox = Sandbox()
        limits = {"memory_bytes": 512 << 20, "cpu_seconds": 60, "file_bytes": 16 << 20}
        text = repr(limits | changed).encode()
        task = ChildTask(entry="tests.support.sandboxed:compile_within", files={"input": text}, limits=_LIMITS)
        answer = sandbox.run(task, lambda _message: None)
        sandbox.close()
    assert not isinstance(answer, failures.Failure), answer
    failure = failure_of_error(ToolchainError(answer["value"]), _LIMITS)
    assert failure.code == code, answer["value"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("cc1plus: fatal error: Killed signal terminated program cc1plus", "killed"),
        ("g++: fatal error: CPU time limit exceeded signal terminated program cc1plus", "cpu_limit"),
        ("virtual memory exhausted: Cannot allocate memory", "out_of_memory"),
        ("layer_00.cc:3: error: expected ';'", "toolchain_failed"),
    ],
)
def test_what_a_compiler_says_tells_why_it_failed(said: str, code: str) -> None:
    assert failure_of_error(ToolchainError(said), _LIMITS).code == code


def test_an_error_keeps_its_words_and_its_hint() -> None:
    failure = failure_of_error(errors.DoesNotFitError("212 KiB", hint="a larger board"), _LIMITS)
    assert (failure.code, failure.message, failure.hint) == ("does_not_fit", "212 KiB", "a larger board")


def test_a_defect_of_ours_is_told_as_such() -> None:
    failure = failure_of_error(KeyError("x"), _LIMITS)
    assert failure.code == "internal"
    assert "KeyError" in failure.message


def test_a_full_file_is_found_below_other_errors() -> None:
    error = ProfilerError("the cache folder cannot be used")
    error.__cause__ = OSError(errno.EFBIG, "File too large")
    assert failure_of_error(error, _LIMITS).code == "file_limit"


def test_a_signal_is_told_by_its_name() -> None:
    end = ChildEnd(exit_code=-signal.SIGABRT, stopped_for=None, said="", limits=_LIMITS)
    assert failure_of(end).message.endswith("SIGABRT: without a word")


def test_every_code_is_documented() -> None:
    page = (_ROOT / "docs" / "work.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_]+)`", page))
    source = "".join(path.read_text() for path in (_ROOT / "profiler" / "work").glob("*.py"))
    codes = {value for name, value in vars(failures).items() if name.isupper() and isinstance(value, str)}
    codes |= {code for _, code in failures._OF_ERROR}
    codes |= set(re.findall(r'code="([a-z_]+)"', source)) | {"no_worker"}
    assert len(codes) > 20
    assert codes - documented == {"cancelled"}  # which is a state of a job, never the failure of one
