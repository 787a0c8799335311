"""A zip tells nothing of the machine that wrote it; a file is there whole or not at all."""

from __future__ import annotations

import io
import os
import time
import zipfile
from pathlib import Path

import pytest

from profiler.errors import SettingsError
from profiler.export.archive import write_file, zip_of

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


def test_a_written_file_replaces_the_old_one_and_has_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    assert write_file(path, b"one") == path
    write_file(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        write_file(tmp_path, b"")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot write"):
        write_file(tmp_path / "file" / "below", b"")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SettingsError, match="No space left"):
        write_file(tmp_path / "other", b"data")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
