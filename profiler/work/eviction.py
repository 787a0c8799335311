"""Bounds what models and caches take on disk: what was unused longest goes first."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from profiler.settings import Settings
from profiler.store.store import Store

GRACE_SECONDS = 3600.0  # what was used within it may be in use now
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A model's file, or an entry of the cache."""

    path: Path
    size_bytes: int
    used: float  # seconds since 1970


def evict(store: Store, settings: Settings, *, now: float | None = None) -> int:
    """Deletes until the limit holds again; the bytes that went.

    Models that unfinished jobs need stay, and whatever was used within the grace, even when the limit does not hold.
    """
    needed = store.models_in_use()
    kept = [*_models(store.blobs.folder), *_entries(settings.cache_folder)]
    excess = sum(each.size_bytes for each in kept) - settings.disk_limit_bytes
    youngest = (time.time() if now is None else now) - GRACE_SECONDS
    gone = 0
    for each in sorted(kept, key=lambda each: (each.used, each.path)):
        if gone >= excess or each.used > youngest:
            break
        if each.path.name not in needed:
            _delete(each.path)
            gone += each.size_bytes
    if gone:
        _log.info("%d bytes of models and cached builds unused longest were deleted", gone)
    return gone


def _models(folder: Path) -> Iterator[Kept]:
    for path in folder.glob("??/*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        yield Kept(path=path, size_bytes=status.st_size, used=status.st_mtime)


def _entries(cache_folder: Path) -> Iterator[Kept]:
    """`kind/ab/digest/`; a cache touches an entry's contents file when it is used."""
    for entry in cache_folder.glob("*/??/*"):
        if entry.is_dir():
            try:
                statuses = [path.stat() for path in entry.iterdir()]
            except FileNotFoundError:
                continue
            used = max((status.st_mtime for status in statuses), default=0.0)
            yield Kept(path=entry, size_bytes=sum(status.st_size for status in statuses), used=used)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
