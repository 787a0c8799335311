"""Calibration files beside a board's, and measurement files: what is accepted, what the errors say."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from profiler.boards.calibration import (
    CalibrationFile,
    FittedTable,
    PointTable,
    definition_digest,
    read_calibration,
    write_calibration,
)
from profiler.boards.loader import board_names, board_path, calibration_path, load_board
from profiler.calibration.measurements import read_measurements
from profiler.cli.main import app
from profiler.errors import BoardError, ProfilerError, SettingsError

CACHES = ("caches.l1_instruction.miss_cycles", "caches.l1_data.miss_cycles")
MEASURED = {
    "provenance": "bench supply, 3 boards, DWT",
    "measurements": [
        {"name": "one", "model": "zoo:kws", "cycles": 1_000_000},
        {"name": "two", "firmware": "a.bin", "start": ["m-ready", "m-lap"], "end": "register:0x40000C24", "cycles": 7},
        {"name": "three", "microbenchmark": "load_chain", "cycles": 12, "held_out": True},
    ],
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A board of one's own: a copy of one that comes with the profiler, without calibration."""
    path = tmp_path / "mine.toml"
    path.write_text(board_path("disco_f746ng").read_text("utf-8").replace('"disco_f746ng"', '"mine"', 1), "utf-8")
    return path


def calibration(board_file: Path, value: float = 9) -> CalibrationFile:
    fitted = FittedTable(name="level1_miss", fields=CACHES, value=value, initial=4, low=0, high=20, standard_error=0.5)
    point = PointTable(name="a", fitted=True, digest="0" * 64, measured_cycles=100, cycles_before=90, cycles_after=99)
    return CalibrationFile(
        board="mine", definition_digest=definition_digest(load_board(board_file, calibration=False)),
        date=datetime.date(2026, 1, 2), provenance="measured by a test", engine="profiler 0",
        mean_error_before=0.1, mean_error_after=0.01, parameters=(fitted,), points=(point,),
    )  # fmt: skip


def test_a_calibration_survives_writing_and_reading(mine: Path) -> None:
    path = calibration_path(mine, "mine")
    write_calibration(path, calibration(mine))
    assert read_calibration(path) == calibration(mine)
    assert [found.name for found in path.parent.iterdir()] == ["mine.toml"]


def test_a_calibration_beside_a_board_is_applied_and_makes_it_another_board(mine: Path) -> None:
    before = load_board(mine)
    write_calibration(calibration_path(mine, "mine"), calibration(mine))
    after = load_board(mine)
    assert [cache.miss_cycles for cache in after.caches] == [9, 9]
    assert all(isinstance(cache.miss_cycles, int) for cache in after.caches)
    assert after.digest != before.digest
    assert after.calibration is not None
    assert after.calibration.date == "2026-01-02"


def test_another_fitted_value_is_another_board(mine: Path) -> None:
    digests = set()
    for value in (9, 10):
        write_calibration(calibration_path(mine, "mine"), calibration(mine, value))
        digests.add(load_board(mine).digest)
    assert len(digests) == 2


def test_the_setting_switches_calibrations_off(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_board(mine)
    write_calibration(calibration_path(mine, "mine"), calibration(mine))
    monkeypatch.setenv("PROFILER_CALIBRATION", "false")
    assert load_board(mine) == before
    assert load_board(mine, calibration=True) != before


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda text: text[: len(text) // 2], "is not TOML|Field required|parameters"),
        (
            lambda text: text.replace("value = 9.0", "value = 99.0"),
            r"level1_miss = 99 is outside of its bounds 0 to 20",
        ),
        (lambda text: text.replace("value = 9.0", "value = nan"), "outside of its bounds"),
        (lambda text: text.replace('board = "mine"', 'board = "yours"'), "is of board yours, not mine"),
        (lambda text: text.replace("level1_miss", "level9_miss"), "no free parameter 'level9_miss'"),
        (lambda text: text + "\nspeed = 3\n", "Extra inputs are not permitted"),
        (lambda text: "\x00" + text, "is not TOML"),
    ],
)
def test_a_damaged_calibration_says_what_is_wrong(mine: Path, damage: Callable[[str], str], says: str) -> None:
    path = calibration_path(mine, "mine")
    write_calibration(path, calibration(mine))
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(BoardError, match=says):
        load_board(mine)


def test_a_calibration_of_another_definition_is_refused_and_one_of_another_source_is_not(mine: Path) -> None:
    write_calibration(calibration_path(mine, "mine"), calibration(mine))
    text = mine.read_text("utf-8")
    mine.write_text(text.replace('vendor = "', 'vendor = "Other ', 1), "utf-8")
    load_board(mine)
    mine.write_text(text.replace("read_wait_cycles = 7", "read_wait_cycles = 6", 1), "utf-8")
    with pytest.raises(BoardError, match="another definition") as error:
        load_board(mine)
    assert "profiler calibrate" in (error.value.hint or "")


@pytest.mark.parametrize("name", board_names())
def test_what_comes_calibrated_loads_and_is_shown_with_its_source(name: str) -> None:
    fitted = load_board(name).calibration
    shown = CliRunner().invoke(app, ["boards", name], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert ("mean error" in shown.output) is (fitted is not None)
    for parameter in fitted.parameters if fitted is not None else ():
        assert f"{parameter.name} = {parameter.value:g}" in shown.output


def test_a_field_in_two_free_parameters_is_refused(mine: Path) -> None:
    extra = '\n[[free_parameters]]\nname = "again"\nfields = ["caches.l1_data.miss_cycles"]\nlow = 0\nhigh = 20\n'
    mine.write_text(mine.read_text("utf-8") + extra + 'source = "twice the same"\n', "utf-8")
    with pytest.raises(BoardError, match="belongs to two free parameters, level1_miss and again"):
        load_board(mine)


@pytest.mark.parametrize("field", ["caches.l3.miss_cycles", "memories.none.extra_wait_cycles"])
def test_a_free_parameter_of_nothing_is_refused(mine: Path, field: str) -> None:
    extra = f'\n[[free_parameters]]\nname = "other"\nfields = ["{field}"]\nlow = 0\nhigh = 20\nsource = "no source"\n'
    mine.write_text(mine.read_text("utf-8") + extra, "utf-8")
    with pytest.raises(BoardError, match=f"{field} names no entry"):
        load_board(mine)


CSV = """name,model,firmware,start,end,microbenchmark,cycles,held_out
one,zoo:kws,,,,,1000000,
two,,a.bin,m-ready;m-lap,register:0x40000C24,,7,
three,,,,,load_chain,12,true
"""


def test_toml_json_and_csv_say_the_same(tmp_path: Path) -> None:
    texts = {"m.toml": tomli_w.dumps(MEASURED), "m.json": json.dumps(MEASURED), "m.csv": CSV}
    found = []
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
        found.append(read_measurements(tmp_path / name).measurements)
    assert found[0] == found[1] == found[2]
    assert [measurement.held_out for measurement in found[0]] == [False, False, True]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("m.txt", "", "no measurement file by its name"),
        ("m.json", "{", "cannot be read"),
        ("m.json", "[" * 100_000, "cannot be read"),
        ("m.toml", 'provenance = "long enough"\nmeasurements = []', "measurements: .*at least 1"),
        ("m.csv", "name,cycles\none,5\n", "exactly one of model, firmware and microbenchmark"),
        ("m.csv", "name,model,cycles\none,zoo:kws,-5\n", "measurements.0.cycles: .*greater than 0"),
        ("m.csv", "name,model,cycles\none,zoo:kws,5\none,zoo:ad,6\n", "two measurements are called 'one'"),
        ("m.csv", "name,firmware,cycles\none,a.bin,5\n", "a firmware needs start and end"),
        ("m.csv", "name,model,cycles\none,zoo:kws,5,6\n", "Extra inputs are not permitted"),
        ("m.csv", "name,model,cycles,ms\none,zoo:kws,5,6\n", "measurements.0.ms"),
    ],
)
def test_a_wrong_measurement_file_says_where(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=says):
        read_measurements(tmp_path / name)


@given(st.binary(max_size=300), st.sampled_from(["m.toml", "m.json", "m.csv"]))
def test_no_bytes_make_reading_fail_otherwise_than_by_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.mktemp("m") / name
    path.write_bytes(data)
    with pytest.raises(SettingsError):
        read_measurements(path)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "give one source of measurements"),
        (["--published", "--measurements", "m.csv"], "give one source of measurements"),
        (["--published"], "--published needs --firmware-folder"),
        (["--published", "--firmware-folder", "nowhere"], "nowhere is no folder"),
        (["--measurements", "nowhere.csv"], "cannot read nowhere.csv"),
        (["--parameter", "speed", "--published"], "no free parameter 'speed'"),
    ],
)
def test_wrong_options_say_what_is_wrong(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(app, ["calibrate", "disco_f746ng", *arguments])
    assert isinstance(result.exception, ProfilerError)
    assert says in result.exception.message
