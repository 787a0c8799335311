"""The content cache: whole entries or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiler.build.cache import ContentCache, digest_of
from profiler.errors import SettingsError


def test_different_splits_of_the_same_bytes_have_different_digests() -> None:
    assert digest_of("ab", "c") != digest_of("a", "bc")


def test_an_entry_is_made_once(tmp_path: Path) -> None:
    made = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "thing").write_text("content")

    store = ContentCache(tmp_path)
    first = store.entry("objects", "ab12", make)
    assert store.entry("objects", "ab12", make) == first
    assert (first / "thing").read_text() == "content"
    assert len(made) == 1


def test_a_failed_entry_leaves_nothing_behind_and_can_be_made_later(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise RuntimeError("compiler died")

    store = ContentCache(tmp_path)
    with pytest.raises(RuntimeError, match="compiler died"):
        store.entry("objects", "ab12", fail)
    assert not list(tmp_path.rglob("half"))
    assert store.entry("objects", "ab12", lambda _folder: None).is_dir()


@pytest.mark.parametrize("damage", ["changed", "truncated", "deleted", "added"])
def test_a_damaged_entry_is_made_anew(damage: str, tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "thing").write_text("content")

    store = ContentCache(tmp_path)
    thing = store.entry("objects", "ab12", make) / "thing"
    if damage == "deleted":
        thing.unlink()
    elif damage == "added":
        (thing.parent / "other").write_text("content")
    else:
        thing.write_text("Content" if damage == "changed" else "")
    entry = store.entry("objects", "ab12", make)
    assert (entry / "thing").read_text() == "content"
    assert not (entry / "other").exists()


def test_a_cache_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(SettingsError, match=r"cache folder .*file cannot be used: Not a directory") as caught:
        ContentCache(tmp_path / "file").entry("objects", "ab12", lambda _folder: None)
    assert "PROFILER_CACHE_FOLDER" in (caught.value.hint or "")
