"""A file that a user asked for is there whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from profiler.errors import SettingsError
from profiler.output import prepare_folder, write_output


def test_a_written_file_replaces_the_old_one_and_has_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    assert write_output(path, b"one") == path
    write_output(path, b"two")
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        write_output(tmp_path, b"")


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot write"):
        write_output(tmp_path / "file" / "below", b"")

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(SettingsError, match="No space left"):
        write_output(tmp_path / "other", b"data")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_text_is_utf_8(tmp_path: Path) -> None:
    assert write_output(tmp_path / "file", "größer → ±").read_bytes() == "größer → ±".encode()


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_output(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "text"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_output(pipe, "text")
    reader.join()
    assert read == [b"text"]
    assert pipe.is_fifo()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    prepare_folder(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot write"):
        prepare_folder(tmp_path / "file" / "below")
