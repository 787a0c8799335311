"""A zip tells nothing of the machine that wrote it."""

from __future__ import annotations

import io
import time
import zipfile

import pytest

from profiler.export.archive import zip_of

FILES = {"a/z.txt": b"z" * 1000, "a/b/c.txt": b"", "a/a.bin": bytes(range(256))}


def test_the_same_files_in_any_order_and_at_any_time_are_the_same_zip(monkeypatch: pytest.MonkeyPatch) -> None:
    first = zip_of(FILES)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    time.tzset()
    try:
        assert zip_of(dict(reversed(FILES.items()))) == first
    finally:
        monkeypatch.undo()
        time.tzset()


def test_entries_are_sorted_complete_and_without_time() -> None:
    with zipfile.ZipFile(io.BytesIO(zip_of(FILES))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(FILES)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
