"""Why there is no result, as stable codes. The one place where errors and exit codes become `Failure`."""

from __future__ import annotations

import errno
import re
import signal
from dataclasses import dataclass

from profiler import errors
from profiler.errors import ProfilerError
from profiler.store.model import Failure
from profiler.work.isolation import Limits

OUT_OF_MEMORY = "out_of_memory"
CPU_LIMIT = "cpu_limit"
WALL_LIMIT = "wall_limit"
FILE_LIMIT = "file_limit"
KILLED = "killed"
CRASHED = "crashed"
CANCELLED = "cancelled"
WORKER_LOST = "worker_lost"
SCHEDULER_LOST = "scheduler_lost"
INTERRUPTED = "interrupted"
WORKER_MISMATCH = "worker_mismatch"
INTERNAL = "internal"
BOARD_BUSY = "board_busy"
BOARD_UNREACHABLE = "board_unreachable"
FLASH_FAILED = "flash_failed"

TRANSIENT = frozenset({KILLED, WORKER_LOST, SCHEDULER_LOST, INTERRUPTED, BOARD_BUSY, BOARD_UNREACHABLE, FLASH_FAILED})
"""Codes of failures that another attempt may not meet."""

_OF_ERROR: tuple[tuple[type[ProfilerError], str], ...] = (  # the first that fits
    (errors.ModelError, "model_invalid"),
    (errors.UnsupportedModelError, "model_unsupported"),
    (errors.BoardError, "board_invalid"),
    (errors.DoesNotFitError, "does_not_fit"),
    (errors.PlanError, "plan_invalid"),
    (errors.ToolchainError, "toolchain_failed"),
    (errors.FirmwareFault, "firmware_fault"),
    (errors.LimitExceeded, "run_limit"),
    (errors.BoardBusyError, BOARD_BUSY),
    (errors.LinkError, BOARD_UNREACHABLE),
    (errors.FlashError, FLASH_FAILED),
    (errors.RunError, "run_failed"),
    (errors.StoreError, "store_failed"),
    (errors.SettingsError, "settings_invalid"),
)
# What compilers say of limits that the processes they start ran into.
_OF_COMPILER = (
    (re.compile(r"virtual memory exhausted|out of memory|[Cc]annot allocate memory|std::bad_alloc"), OUT_OF_MEMORY),
    (re.compile(r"Killed signal terminated program"), KILLED),
    (re.compile(r"CPU time limit exceeded signal terminated program"), CPU_LIMIT),
    (re.compile(r"File size limit exceeded|File too large"), FILE_LIMIT),
)
_LAST_WORDS = (
    (re.compile(r"MemoryError|std::bad_alloc|[Cc]annot allocate memory"), OUT_OF_MEMORY),
    (re.compile(r"File too large"), FILE_LIMIT),
)
_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEnd:
    """How a child ended without an answer: its exit code, why its parent ended it, its last words."""

    exit_code: int  # negative: the signal
    stopped_for: str | None
    said: str
    limits: Limits


def failure_of_error(error: BaseException, limits: Limits) -> Failure:
    """An error that a stage raised."""
    if isinstance(error, MemoryError):
        return _limit(OUT_OF_MEMORY, limits)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno == errno.EFBIG:
            return _limit(FILE_LIMIT, limits)
        cause = cause.__cause__
    if not isinstance(error, ProfilerError):
        return Failure(
            code=INTERNAL,
            message=f"{type(error).__name__}: {error}"[:2000],
            hint="this is a defect of profiler: report it with the model, if you may",
        )
    if isinstance(error, errors.ToolchainError):
        for pattern, code in _OF_COMPILER:
            if pattern.search(error.message):
                return _limit(code, limits)
    code = next((code for kind, code in _OF_ERROR if isinstance(error, kind)), "refused")
    return Failure(code=code, message=error.message, hint=error.hint)


def failure_of(end: ChildEnd) -> Failure:
    """A child that ended without an answer."""
    if end.stopped_for == "wall":
        return _limit(WALL_LIMIT, end.limits)
    if end.stopped_for == CANCELLED:
        return Failure(code=CANCELLED, message="it was cancelled")
    if end.exit_code in (-signal.SIGXCPU,):
        return _limit(CPU_LIMIT, end.limits)
    if end.exit_code == -signal.SIGXFSZ:
        return _limit(FILE_LIMIT, end.limits)
    if end.exit_code == -signal.SIGKILL:
        return _limit(KILLED, end.limits)
    for pattern, code in _LAST_WORDS:
        if pattern.search(end.said):
            return _limit(code, end.limits)
    name = signal.Signals(-end.exit_code).name if end.exit_code < 0 else f"exit code {end.exit_code}"
    last = end.said.splitlines()[-1][:500] if end.said else "without a word"
    return Failure(
        code=CRASHED,
        message=f"the process that worked on the model ended with {name}: {last}",
        hint="this is a defect of profiler: report it with the model, if you may",
    )


def _limit(code: str, limits: Limits) -> Failure:
    messages = {
        OUT_OF_MEMORY: (f"a process needed more than {limits.memory_bytes // _MIB} MiB of memory", "memory_bytes"),
        CPU_LIMIT: (f"a process took more than {limits.cpu_seconds} s of processor time", "cpu_seconds"),
        WALL_LIMIT: (f"it took longer than {limits.wall_seconds:g} s", "wall_seconds"),
        FILE_LIMIT: (f"a file grew beyond {limits.file_bytes // _MIB} MiB", "file_bytes"),
    }
    if code == KILLED:
        hint = "mostly the system was out of memory: set PROFILER_WORKERS lower, or give the machine more"
        return Failure(code=code, message="a process was killed from outside", hint=hint)
    message, name = messages[code]
    hint = f"set PROFILER_TASK_{name.upper()} higher, or send a smaller model"
    return Failure(code=code, message=message, hint=hint)
