"""What `profiler doctor` says of the service: its database, its folders, its scheduler, its boards, its keys."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from profiler.cli.finding import Finding
from profiler.errors import ProfilerError, StoreError
from profiler.settings import Settings

_GIB = 1 << 30


def service_findings(settings: Settings) -> Iterator[Finding]:
    """In the order in which `profiler serve` would stumble over them. Nothing is made or changed."""
    yield _data_folder(settings.data_folder)
    yield _driver(settings)
    yield _database(settings)
    yield _disk(settings)
    yield _scheduler(settings)
    yield _boards(settings)
    yield _keys(settings)


def _data_folder(folder: Path) -> Finding:
    """Of the folder, or of the one it would be made in: whether a file can be written there."""
    there = _nearest(folder)
    found: str | None = None
    with contextlib.suppress(OSError), tempfile.TemporaryFile(dir=there):
        found = str(folder) if there == folder.absolute() else f"{folder} (is made at the first start)"
    return Finding(
        name="service: data folder",
        found=found,
        needed=True,
        purpose=f"{folder} cannot be written",
        remedy=f"mkdir -p {folder} && chown $(id -un) {folder}, or set PROFILER_DATA_FOLDER",
    )


def _nearest(folder: Path) -> Path:
    """The folder, or the innermost that there is of those it would be made in."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _driver(settings: Settings) -> Finding:
    there = importlib.util.find_spec("psycopg") is not None
    return Finding(
        name="service: psycopg",
        found="the driver of PostgreSQL" if there else None,
        needed=(settings.database_url or "").startswith("postgres"),
        purpose="PostgreSQL as the database",
        remedy="pip install 'cortexm-profiler[postgres]'",
    )


def _database(settings: Settings) -> Finding:
    from profiler.store.database import embedded_file, look, url_of

    name = "service: database"
    remedy = "check database_url, and that the database runs and may be written"
    if settings.database_url is None and not embedded_file(settings.data_folder).exists():
        found = "SQLite in the data folder (is made at the first start)"
        return Finding(name=name, found=found, needed=True, purpose="", remedy="")
    try:
        state = look(url_of(settings.database_url, settings.data_folder))
    except StoreError as error:
        return Finding(name=name, found=None, needed=True, purpose=error.message, remedy=error.hint or remedy)
    if state.is_newer:
        purpose = f"{state.url} has revision {state.revision}, of a newer version of profiler"
        return Finding(name=name, found=None, needed=True, purpose=purpose, remedy="pip install -U cortexm-profiler")
    told = f"revision {state.revision}" if state.is_current else "the next start brings its tables up to date"
    return Finding(name=name, found=f"{state.url}, {told}", needed=True, purpose="", remedy="")


def _disk(settings: Settings) -> Finding:
    """Whether models and cached builds can grow to their limit before the disk is full."""
    folder = settings.cache_folder.absolute()
    there = _nearest(folder)
    free = shutil.disk_usage(there).free
    used = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if there == folder else 0
    told = f"{used / _GIB:.1f} of {settings.disk_limit_bytes / _GIB:.1f} GiB used, {free / _GIB:.1f} GiB free"
    enough = free >= settings.disk_limit_bytes - used
    return Finding(
        name="service: disk",
        found=told if enough else None,
        needed=False,
        purpose=f"{told}: the disk is full before disk_limit_bytes is reached",
        remedy=f"export PROFILER_DISK_LIMIT_BYTES={max(1 << 20, (free + used) // 2)}",
    )


def _scheduler(settings: Settings) -> Finding:
    name, address = "service: scheduler", settings.scheduler
    if address is None:
        found = f"this machine, {settings.workers} tasks at once"
        return Finding(name=name, found=found, needed=True, purpose="", remedy="")
    from profiler.work.cluster import Answering, look_at_scheduler

    answer: Answering | None = look_at_scheduler(address)
    return Finding(
        name=name,
        found=f"{address}, {answer.workers} workers with {answer.threads} threads" if answer else None,
        needed=True,
        purpose=f"none answers at {address}",
        remedy=f"dask scheduler --no-dashboard (there), profiler worker --scheduler {address} (on each host)",
    )


def _boards(settings: Settings) -> Finding:
    from profiler.work.boards import BoardStock

    name = "service: attached boards"
    try:
        names = ", ".join(each.removeprefix("board:") for each in BoardStock(settings.lab_file).resources())
    except ProfilerError as error:
        return Finding(name=name, found=None, needed=True, purpose=error.message, remedy=error.hint or "correct it")
    purpose = f"{settings.lab_file} names none: jobs run on the emulator"
    return Finding(name=name, found=names or None, needed=False, purpose=purpose, remedy="see docs/hardware.md")


def _keys(settings: Settings) -> Finding:
    from profiler.service.access import any_key
    from profiler.store.store import Store

    name, host = "service: API keys", settings.service.host
    if settings.service.is_local:
        return Finding(name=name, found=f"not needed on {host}", needed=False, purpose="", remedy="")
    found: str | None = None
    with (
        contextlib.suppress(StoreError),
        contextlib.closing(Store.open(settings.database_url, settings.data_folder)) as store,
    ):
        found = "at least one" if any_key(store) else None
    return Finding(
        name=name,
        found=found,
        needed=True,
        purpose=f"without one `profiler serve` refuses to listen on {host}",
        remedy="profiler keys create NAME --scope submit",
    )
