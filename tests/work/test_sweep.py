"""Claims about sweeps: the table, what is found, and that nothing is computed twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest

import profiler
from profiler.boards.loader import board_names, find_boards
from profiler.build.model import Optimization
from profiler.errors import BoardError, ModelError, SettingsError
from profiler.pipeline import Options
from profiler.settings import Settings
from profiler.store.model import EventKind
from profiler.store.store import Store
from profiler.work.sweep import SweepProgress, find_models
from profiler.work.sweep_table import COLUMNS, check_output, write_table
from tests.support.small_models import convolution_model
from tests.work.conftest import BOARD

_PROGRAMS = Path(sys.executable).parent


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    for seed in range(2):
        (folder / f"m{seed}.tflite").write_bytes(convolution_model(seed=seed))
    return folder


def _stages(settings: Settings) -> int:
    """How many stages were ever begun for the sweeps of these settings."""
    store = Store.open(None, settings.data_folder / "sweep")
    kinds = [event.kind for job in store.jobs(limit=500).items for event in store.events(job.id)]
    store.close()
    return kinds.count(EventKind.STAGE)


def test_a_sweep_has_a_row_for_each_combination_failures_with_their_cause_and_computes_nothing_twice(
    models: Path, settings: Settings
) -> None:
    (models / "wrong.tflite").write_bytes(b"no model")
    levels = [Options(input_sets=1, optimization=level) for level in (Optimization.BALANCED, Optimization.SIZE)]
    seen: list[SweepProgress] = []
    frame = profiler.sweep(models, [BOARD], options=levels, settings=settings, on_progress=seen.append)
    assert list(frame.columns) == [column.name for column in COLUMNS]
    assert [Path(name).name for name in frame["model"]] == [
        f"{name}.tflite" for name in ("m0", "m1", "wrong") for _ in levels
    ]
    assert list(frame["optimization"]) == ["O2", "Os"] * 3
    assert list(frame["state"]) == ["done"] * 4 + ["failed"] * 2
    good, bad = frame[:4], frame[4:]
    assert (good["latency_low_ms"] < good["latency_ms"]).all()
    assert good["outputs_agree"].all()
    assert good["failure_code"].isna().all()
    assert (bad["failure_code"] == "model_invalid").all()
    assert bad["cycles"].isna().all()
    assert seen[-1].done == 4
    assert (seen[-1].failed, seen[-1].total) == (2, 6)

    (models / "wrong.tflite").unlink()
    begun = _stages(settings)
    assert begun >= 4 * 9
    again = profiler.sweep(models, [BOARD], options=levels, settings=settings)
    pandas.testing.assert_frame_equal(again, good)
    assert _stages(settings) == begun


def test_a_killed_sweep_goes_on_where_it_was(models: Path, settings: Settings, tmp_path: Path) -> None:
    for seed in range(2, 4):
        (models / f"m{seed}.tflite").write_bytes(convolution_model(seed=seed))
    output = tmp_path / "results.parquet"
    command = [_PROGRAMS / "profiler", "sweep", str(models / "*.tflite"), "-b", BOARD, "-o", str(output)]
    environment = {
        **os.environ,
        "PROFILER_DATA_FOLDER": str(settings.data_folder),
        "PROFILER_CACHE_FOLDER": str(settings.cache_folder),
    }
    first = subprocess.Popen([*command, "--inputs", "1", "--threads", "1"], env=environment)
    store = Store.open(None, settings.data_folder / "sweep")
    end = time.monotonic() + 100
    while len(store.history(board=BOARD)) < 1:
        assert time.monotonic() < end
        time.sleep(0.1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert not output.exists()
    known = {entry.result_key for entry in store.history(board=BOARD)}
    said = subprocess.run(
        [*command, "--inputs", "1", "--threads", "1"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert said.returncode == 0, said.stderr
    assert "4 rows, 0 failed" in said.stdout
    frame = pandas.read_parquet(output)
    assert set(frame["result_key"]) >= known
    later = [entry.result_key for entry in store.history(board=BOARD)]
    assert len(later) == len(set(later)) == 4  # what was done before the kill was not asked for again
    store.close()


def test_models_are_found_in_folders_by_patterns_and_in_the_zoo(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert [name for name, _ in find_models(["models"])] == ["models/m0.tflite", "models/m1.tflite"]
    assert [name for name, _ in find_models(["models/*1.tflite", "models/m0.tflite", str(models)])] == [
        "models/m1.tflite",
        "models/m0.tflite",
    ]
    assert [path.name for _, path in find_models([str(models / "m?.tflite")])] == ["m0.tflite", "m1.tflite"]
    assert len(find_models(["zoo:*"])) == 8
    assert find_models(["zoo:kws", "zoo:kws"]) == find_models(["zoo:kws"])
    for wrong, kind in (("nothing/*.tflite", SettingsError), ("nothing.tflite", ModelError), ("zoo:no", ModelError)):
        with pytest.raises(kind):
            find_models([wrong])
    with pytest.raises(SettingsError, match="no model was given"):
        find_models([])


def test_boards_are_names_lists_of_them_or_all() -> None:
    assert find_boards(["all"]) == list(board_names())
    assert find_boards([f"{BOARD},raspberry_pi_pico", BOARD]) == [BOARD, "raspberry_pi_pico"]
    with pytest.raises(BoardError):
        find_boards(["no_such_board"])
    with pytest.raises(SettingsError, match="no board was given"):
        find_boards([" , "])


@pytest.mark.parametrize("suffix", ["parquet", "csv", "json"])
def test_a_table_is_written_and_read_back(suffix: str, tmp_path: Path) -> None:
    frame = pandas.DataFrame({"model": ["a", "ü"], "cycles": [2**60 + 1, None]}, dtype=object)
    frame = frame.astype({"model": "string", "cycles": "Int64"})
    path = tmp_path / f"table.{suffix}"
    write_table(frame, path)
    if suffix == "json":
        assert json.loads(path.read_bytes()) == [
            {"model": "a", "cycles": 2**60 + 1},
            {"model": "ü", "cycles": None},
        ]
    else:
        back = pandas.read_csv(path, dtype=dict(frame.dtypes)) if suffix == "csv" else pandas.read_parquet(path)
        pandas.testing.assert_frame_equal(back, frame)
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_where_a_table_cannot_go_is_told_before_the_work(tmp_path: Path) -> None:
    for wrong in (tmp_path / "table.xlsx", tmp_path / "nowhere" / "table.csv", tmp_path):
        with pytest.raises(SettingsError):
            check_output(wrong)
