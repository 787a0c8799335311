"""The simulated board's faults as text, and its probe's folder."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from profiler.errors import SettingsError
from profiler.sim.faults import Faults, parse_faults
from profiler.sim.probe import DropFolder


def test_faults_are_read_from_text() -> None:
    assert parse_faults(["drop=0.01,seed=3", "unplug_after_bytes=7"]) == Faults(drop=0.01, seed=3, unplug_after_bytes=7)
    assert parse_faults([]) == Faults()


@pytest.mark.parametrize(
    "text",
    ["drop=2", "garble=-1", "reset_after_bytes=-5", "stall_after_bytes=-1", "unplug_after_bytes=-1", "baud=-9600",
     "clock=0", "stall_seconds=-1", "seed=x", "drop", "frob=1", ""],
)  # fmt: skip
def test_what_is_no_fault_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_faults([text])
    assert error.value.hint


def test_the_probe_s_folder_may_be_taken_away_and_come_back(tmp_path: Path) -> None:
    folder, was_reset, was_told = tmp_path / "probe", threading.Event(), threading.Event()
    sim = SimpleNamespace(
        board=SimpleNamespace(name="desk"), port="/dev/pts/0", reset=was_reset.set, log=lambda _text: was_told.set()
    )
    with DropFolder(sim, folder):  # type: ignore[arg-type]
        shutil.rmtree(folder)
        assert was_told.wait(60)
        folder.mkdir()
        (folder / "RESET").touch()
        assert was_reset.wait(60)
        assert not (folder / "RESET").exists()
