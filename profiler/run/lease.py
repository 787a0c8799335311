"""A board is used by one at a time: a lock of the operating system, so that it ends with the process that holds it."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from profiler.errors import BoardBusyError, SettingsError

# Everybody may hold a board of this machine, and take over the files of who held it before: so no sticky bit, which
# keeps a lock to whoever made its file.
_ANYBODY = 0o777
_FILE_MODE, _NOTE_MODE = 0o666, 0o644


@contextmanager
def lease(
    resource: str, folder: Path, *, wait_seconds: float = 0.0, clock: Callable[[], float] = time.time
) -> Iterator[None]:
    """Exclusive use of a board, named by its probe's serial number or its port, among all processes of this machine.

    A process that dies, however it does, gives it back. Raises BoardBusyError, which says who holds it, when it is not
    free within `wait_seconds`; SettingsError when the folder cannot be used.
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
    except OSError as error:
        raise _unusable(folder, error) from error
    try:
        _write_note(note, resource, clock())
        yield
    finally:
        with contextlib.suppress(OSError):
            note.unlink()
        lock.release()


@contextmanager
def leases(resources: Iterable[str], folder: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Several names at once, as a board may be known by more than one; always in the same order, so that two who wait
    for each other's never do so for ever. Raises as `lease`.
    """
    with ExitStack() as held:
        for resource in sorted(set(resources)):
            held.enter_context(lease(resource, folder, wait_seconds=wait_seconds))
        yield


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # somebody else's, who has done it
            folder.chmod(_ANYBODY)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> SettingsError:
    return SettingsError(
        f"the folder of leases {folder} cannot be used: {error.strerror}",
        hint="all users of this machine must be able to write there; or set PROFILER_LEASE_FOLDER, for all of them",
    )


def _write_note(note: Path, resource: str, now: float) -> None:
    """Who holds it, for those who wait: without it, they are told less.

    Written beside, under a name that nobody can have prepared, and renamed, so that nobody reads half of it.
    """
    value = {
        "resource": resource,
        "user": _user(),
        "host": socket.gethostname(),
        "process": os.getpid(),
        "command": " ".join(sys.argv)[:200],
        "since": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)),
    }
    with contextlib.suppress(OSError):
        number, draft = tempfile.mkstemp(prefix=note.stem, dir=note.parent)
        with os.fdopen(number, "w", encoding="utf-8") as file:
            json.dump(value, file)
        Path(draft).chmod(_NOTE_MODE)
        Path(draft).replace(note)


def _user() -> str:
    """By name where the system knows one: a container's user may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _holder(note: Path) -> str:
    try:
        value = json.loads(note.read_text(encoding="utf-8"))
        return (
            f"process {int(value['process'])} of {str(value['user'])[:64]} on {str(value['host'])[:64]} since "
            f"{str(value['since'])[:32]} ({str(value['command'])[:200]})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "its holder has not said who it is"
