"""Claims about what is deleted when the disk's limit is reached, and what is not."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from profiler.build.cache import ContentCache, digest_of
from profiler.settings import Settings, load_settings
from profiler.store.model import TaskId
from profiler.store.store import Store
from profiler.work.eviction import GRACE_SECONDS, evict
from tests.work.conftest import BOARD, accept

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A store and a cache of which a test says when things were used."""

    store: Store
    settings: Settings

    def model(self, number: int, *, hours_ago: float) -> Path:
        path = self.store.model_path(self.store.put_model(bytes([number]) * _MIB))
        return self._used(path, path, hours_ago)

    def entry(self, number: int, *, hours_ago: float) -> Path:
        cache = ContentCache(self.settings.cache_folder)
        folder = cache.entry("objects", digest_of(str(number)), lambda to: _fill(to / "object", _MIB))
        for path in folder.iterdir():
            self._used(path, path, hours_ago)
        return folder

    @staticmethod
    def _used(path: Path, answer: Path, hours_ago: float) -> Path:
        moment = time.time() - hours_ago * 3600
        os.utime(path, (moment, moment))
        return answer


def _fill(path: Path, size_bytes: int) -> None:
    path.write_bytes(bytes(size_bytes))


@pytest.fixture
def disk(tmp_path: Path, store: Store) -> Disk:
    settings = load_settings(data_folder=store.data_folder, cache_folder=tmp_path / "cache", disk_limit_bytes=3 * _MIB)
    return Disk(store=store, settings=settings)


def test_what_was_unused_longest_goes_until_the_limit_holds(disk: Disk) -> None:
    old_model, old_entry = disk.model(1, hours_ago=9), disk.entry(1, hours_ago=8)
    new_entry, new_model = disk.entry(2, hours_ago=7), disk.model(2, hours_ago=6)
    gone = evict(disk.store, disk.settings)
    assert gone >= 2 * _MIB - _MIB // 2
    assert not old_model.exists()
    assert not old_entry.exists()
    assert new_entry.exists()
    assert new_model.exists()
    assert evict(disk.store, disk.settings) == 0


def test_a_model_that_an_unfinished_job_needs_stays(disk: Disk) -> None:
    job = accept(disk.store, model=b"\1" * _MIB)
    for hours, number in ((9, 1), (8, 2), (7, 3), (6, 4), (5, 5)):
        disk.model(number, hours_ago=hours)
    evict(disk.store, disk.settings)
    assert disk.store.model_path(job.request.model_sha256).exists()
    disk.store.finish(TaskId(job_id=job.id, board=BOARD), None)
    disk.model(6, hours_ago=4)
    evict(disk.store, disk.settings)
    assert not disk.store.model_path(job.request.model_sha256).exists()


def test_what_was_just_used_stays_though_the_limit_does_not_hold(disk: Disk) -> None:
    kept = [disk.model(number, hours_ago=0) for number in range(6)]
    assert evict(disk.store, disk.settings) == 0
    assert all(path.exists() for path in kept)
    later = time.time() + GRACE_SECONDS + 60
    assert evict(disk.store, disk.settings, now=later) >= 3 * _MIB
    assert sum(path.exists() for path in kept) == 3


def test_using_something_keeps_it(disk: Disk) -> None:
    entry, other = disk.entry(1, hours_ago=9), disk.entry(2, hours_ago=8)
    model, _ = disk.model(1, hours_ago=7), disk.model(2, hours_ago=6)
    ContentCache(disk.settings.cache_folder).entry("objects", entry.name, lambda _folder: pytest.fail("made again"))
    disk.store.blobs.read(model.name)
    evict(disk.store, disk.settings)
    assert entry.exists()
    assert model.exists()
    assert not other.exists()
