"""One user of a board at a time, and none after its death."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from profiler.errors import BoardBusyError, SettingsError
from profiler.run import lease as lease_module
from profiler.run.lease import lease

_HOLDER = """
import sys, time
from pathlib import Path
from profiler.run.lease import lease
with lease(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


def _hold(resource: str, folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", _HOLDER, resource, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_the_second_is_told_who_is_first(tmp_path: Path) -> None:
    holder = _hold("probe 1", tmp_path)
    try:
        told = rf"probe 1 is in use: process {holder.pid} of "
        with pytest.raises(BoardBusyError, match=told) as refused, lease("probe 1", tmp_path):
            pass
        assert "since" in refused.value.message
        with lease("probe 2", tmp_path):
            pass
    finally:
        holder.kill()
        holder.communicate()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_a_holder_that_is_killed_gives_it_back(tmp_path: Path, death: signal.Signals) -> None:
    holder = _hold("probe", tmp_path)
    holder.send_signal(death)
    holder.communicate()
    with lease("probe", tmp_path):
        note = json.loads(next(tmp_path.glob("*.json")).read_text())
        assert note["process"] == os.getpid()


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), lease("probe", tmp_path):
        raise ValueError("inside")
    with lease("probe", tmp_path):
        pass
    assert not list(tmp_path.glob("*.json"))


def test_a_note_that_is_no_note_is_no_crash(tmp_path: Path) -> None:
    holder = _hold("probe", tmp_path)
    try:
        next(tmp_path.glob("*.json")).write_text("[]")
        with pytest.raises(BoardBusyError, match="has not said who"), lease("probe", tmp_path):
            pass
    finally:
        holder.kill()
        holder.communicate()


def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as error, lease("probe", tmp_path / "file" / "leases"):
        pass
    assert "set PROFILER_LEASE_FOLDER" in str(error.value.hint)


_AS_USER = """
import os, sys
from pathlib import Path
from profiler.run.lease import lease
for codec in ("ascii", "idna"):
    "".encode(codec)  # read before: the interpreter's files may be for root alone
try:
    os.setuid(int(sys.argv[3]))
except OSError as error:
    sys.exit(f"no such user here: {error}")
with lease(sys.argv[1], Path(sys.argv[2])):
    print("held", flush=True)
    if sys.argv[4] == "crash":
        os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becoming another user takes root")
def test_a_board_goes_from_one_user_to_the_next_even_after_a_crash() -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp")) / "leases"  # pytest's own folders are for one user
    folder.parent.chmod(0o777)
    try:
        for user, ending in (
            ("65534", "leave"),
            ("33", "crash"),
            ("4567", "leave"),
            ("65534", "crash"),
            ("33", "leave"),
        ):
            command = [sys.executable, "-c", _AS_USER, "probe", str(folder), user, ending]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.stderr.startswith("no such user here"):
                pytest.skip(done.stderr.strip())
            assert done.stdout == "held\n", done.stderr
    finally:
        shutil.rmtree(folder.parent)


def test_a_user_without_a_name_holds_a_board_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(lease_module.getpass, "getuser", unknown)
    with lease("probe", tmp_path):
        note = json.loads(next(tmp_path.glob("*.json")).read_text())
        assert note["user"] == f"user {os.getuid()}"


def test_a_lock_that_cannot_be_taken_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def foreign(*_: object, **_options: object) -> None:
        raise PermissionError(13, "lock file belongs to uid 7")

    monkeypatch.setattr(lease_module.FileLock, "acquire", foreign)
    with pytest.raises(SettingsError, match="cannot be used: lock file belongs to uid 7"), lease("probe", tmp_path):
        pass
