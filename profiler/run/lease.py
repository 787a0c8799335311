"""A board is used by one at a time: a lock of the operating system, so that it ends with the process that holds it."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from profiler.errors import BoardBusyError, SettingsError

_ANYBODY = 0o1777  # like /tmp: everybody may hold a board of this machine
_FILE_MODE = 0o666


@contextmanager
def lease(
    resource: str, folder: Path, *, wait_seconds: float = 0.0, clock: Callable[[], float] = time.time
) -> Iterator[None]:
    """Exclusive use of a board, named by its probe's serial number or its port, among all processes of this machine.

    A process that dies, however it does, gives it back. Raises BoardBusyError, which says who holds it, when it is not
    free within `wait_seconds`.
    """
    _prepare(folder)
    stem = folder / hashlib.sha256(resource.encode()).hexdigest()[:24]
    lock, note = FileLock(stem.with_suffix(".lock"), mode=_FILE_MODE), stem.with_suffix(".json")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise BoardBusyError(
            f"the board at {resource} is in use: {_holder(note)}", hint="wait until it is free, or end that process"
        ) from error
    try:
        _write_note(note, resource, clock())
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink()
        lock.release()


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's, who has done it
            folder.chmod(_ANYBODY)
    except OSError as error:
        raise SettingsError(
            f"the folder of leases {folder} cannot be made: {error.strerror}", hint="set PROFILER_LEASE_FOLDER"
        ) from error


def _write_note(note: Path, resource: str, now: float) -> None:
    """Who holds it, for those who wait. Written beside and renamed, so that nobody reads half of it."""
    value = {
        "resource": resource,
        "user": getpass.getuser(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "command": " ".join(sys.argv)[:200],
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)),
    }
    draft = note.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(value), encoding="utf-8")
    draft.replace(note)


def _holder(note: Path) -> str:
    try:
        value = json.loads(note.read_text(encoding="utf-8"))
        return (
            f"process {int(value['process'])} of {str(value['user'])[:64]} on {str(value['host'])[:64]} since "
            f"{str(value['since'])[:32]} ({str(value['command'])[:200]})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "its holder has not said who it is"
