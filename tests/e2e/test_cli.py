"""The command line as a user meets it: a fresh process, real exit codes, no tracebacks."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def _profiler(*arguments: str, cache: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "profiler", *arguments],
        cwd=folder,
        env={**os.environ, "PROFILER_CACHE_FOLDER": str(cache), "COLUMNS": "140", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _refused(result: subprocess.CompletedProcess[str], exit_code: int, *words: str) -> None:
    assert result.returncode == exit_code, result.stderr
    assert result.stderr.startswith("error: "), result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def test_run_reports_in_the_terminal_and_leaves_every_file(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:kws", "--board", "nucleo_l4r5zi", "-o", "out", cache=cache, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "latency" in result.stdout
    assert "bit-equal" in result.stdout
    files = {path.suffix: path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir()}
    assert files.keys() == {".html", ".json", ".csv", ".md"}
    assert not re.search(r"""<(script|link|img)[^>]+(src|href)=["']?https?:""", files[".html"])
    saved = json.loads(files[".json"])
    jsonschema.validate(saved, json.loads((_ROOT / "docs" / "profile.schema.json").read_text()))
    rows = list(csv.DictReader(io.StringIO(files[".csv"])))
    assert len(rows) == len(saved["layers"]) > 0


def test_json_is_all_that_goes_to_standard_output(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:kws", "--board", "nucleo_l4r5zi", "--json", cache=cache, folder=tmp_path)
    assert result.returncode == 0
    assert json.loads(result.stdout)["board"]["name"] == "nucleo_l4r5zi"
    assert list(tmp_path.iterdir()) == []


def test_quiet_says_nothing(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:kws", "--board", "nucleo_l4r5zi", "-q", cache=cache, folder=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_explain_lists_a_layer_for_people_and_for_programs(cache: Path, tmp_path: Path) -> None:
    command = ("explain", "zoo:kws", "--board", "nucleo_l4r5zi", "--layer", "2", "--top", "1")
    people = _profiler(*command, cache=cache, folder=tmp_path)
    assert people.returncode == 0, people.stderr
    assert "layer_02_conv_2d, block at 0x08" in people.stdout
    programs = _profiler(*command, "--json", cache=cache, folder=tmp_path)
    found = json.loads(programs.stdout)
    assert found["chosen"]["kind"] == "conv_2d"
    assert (
        sum(line["count"] for block in found["blocks"] for line in block["instructions"])
        == (found["chosen"]["cycles"]["instructions"])
    )


def test_explain_and_run_tell_the_same_cycles(cache: Path, tmp_path: Path) -> None:
    told = [
        json.loads(_profiler(command, "zoo:kws", "-b", "nucleo_l4r5zi", "--json", cache=cache, folder=tmp_path).stdout)
        for command in ("run", "explain")
    ]
    report, explanation = told
    assert sum(layer["cycles"]["total"] for layer in explanation["layers"]) == report["summary"]["cycles"]["value"]


def test_a_layer_that_is_not_there_is_refused_with_those_that_are(cache: Path, tmp_path: Path) -> None:
    result = _profiler("explain", "zoo:kws", "-b", "nucleo_l4r5zi", "--layer", "99", cache=cache, folder=tmp_path)
    _refused(result, 2, "no layer 99", "12")


def test_a_memory_configuration_is_named_in_the_report_and_a_wrong_one_refused(cache: Path, tmp_path: Path) -> None:
    command = ("run", "zoo:kws", "--board", "nucleo_l4r5zi", "--memory-config")
    changed = _profiler(*command, "icache=off", "--memory-config", "wait_states=7", cache=cache, folder=tmp_path)
    assert changed.returncode == 0, changed.stderr
    assert "memory system changed by the user: icache=off,wait_states=7" in changed.stdout
    _refused(_profiler(*command, "l3=off", cache=cache, folder=tmp_path), 2, "l3=off", "icache")


def test_several_boards_are_profiled_in_one_go(cache: Path, tmp_path: Path) -> None:
    boards = ("--board", "nucleo_l4r5zi", "--board", "raspberry_pi_pico")
    result = _profiler("run", "zoo:ad", *boards, "-o", "out", "-f", "json", cache=cache, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"ad-nucleo_l4r5zi", "ad-raspberry_pi_pico"}


def test_two_models_leave_their_reports_side_by_side(cache: Path, tmp_path: Path) -> None:
    for model in ("zoo:kws", "zoo:ad"):
        command = ("run", model, "--board", "nucleo_l4r5zi", "-o", "out", "-f", "json", "-q")
        assert _profiler(*command, cache=cache, folder=tmp_path).returncode == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "ad-nucleo_l4r5zi.json",
        "kws-nucleo_l4r5zi.json",
    }


def test_json_of_several_boards_is_a_list_of_those_that_fit(cache: Path, tmp_path: Path) -> None:
    boards = ("--board", "nucleo_g0b1re", "--board", "nucleo_l4r5zi")
    result = _profiler("run", "zoo:ad_float32", *boards, "--json", cache=cache, folder=tmp_path)
    _refused(result, 1, "nucleo_g0b1re")
    assert [profile["board"]["name"] for profile in json.loads(result.stdout)] == ["nucleo_l4r5zi"]


def test_an_output_folder_that_cannot_be_made_is_refused_before_anything_runs(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = _profiler("run", "nowhere.tflite", "-b", "nucleo_l4r5zi", "-o", "file", cache=cache, folder=tmp_path)
    _refused(result, 2, "cannot write file", "--output")


def test_a_model_that_does_not_fit_is_refused_with_numbers(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:vww_float32", "--board", "nucleo_g0b1re", cache=cache, folder=tmp_path)
    _refused(result, 1, "KiB", "nucleo_g0b1re")


def test_an_unknown_board_is_answered_with_the_nearest(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:kws", "--board", "nucleo_l4r5z", cache=cache, folder=tmp_path)
    _refused(result, 2, "nucleo_l4r5zi")


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"\x1c\x00\x00\x00TFL3" + b"\xff" * 64])
def test_a_file_that_is_no_model_is_refused(content: bytes, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "model.tflite").write_bytes(content)
    result = _profiler("run", "model.tflite", "--board", "nucleo_l4r5zi", cache=cache, folder=tmp_path)
    _refused(result, 2)


def test_a_missing_file_is_named(cache: Path, tmp_path: Path) -> None:
    _refused(_profiler("inspect", "nowhere.tflite", cache=cache, folder=tmp_path), 2, "nowhere.tflite")


def test_a_missing_compiler_says_what_to_install(tmp_path: Path) -> None:
    result = _profiler(
        *("run", "zoo:ad", "--board", "nucleo_l4r5zi"),
        cache=tmp_path / "empty",
        folder=tmp_path,
        PROFILER_TOOLCHAIN_PREFIX="/nowhere/arm-none-eabi-",
    )
    _refused(result, 3, "apt-get install gcc-arm-none-eabi")


def test_a_wrong_setting_is_named(cache: Path, tmp_path: Path) -> None:
    result = _profiler("run", "zoo:ad", "-b", "nucleo_l4r5zi", cache=cache, folder=tmp_path, PROFILER_JOBS="many")
    _refused(result, 2, "PROFILER_JOBS")


def test_an_instruction_limit_ends_the_run_with_the_place_it_was_at(tmp_path: Path) -> None:
    result = _profiler(
        *("run", "zoo:kws", "--board", "nucleo_l4r5zi"),
        cache=tmp_path / "empty",
        folder=tmp_path,
        PROFILER_MAX_INSTRUCTIONS="3000000",
    )
    _refused(result, 3, "instruction")


@pytest.mark.parametrize(
    "command", [["boards"], ["boards", "nucleo_l4r5zi"], ["zoo"], ["doctor"], ["inspect", "zoo:ic"]]
)
def test_listings_exist_for_people_and_for_programs(command: list[str], cache: Path, tmp_path: Path) -> None:
    people = _profiler(*command, cache=cache, folder=tmp_path)
    assert people.returncode == 0, people.stderr
    assert people.stdout.strip()
    programs = _profiler(*command, "--json", cache=cache, folder=tmp_path)
    assert programs.returncode == 0
    assert json.loads(programs.stdout)


def test_ctrl_c_while_the_program_loads_leaves_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    result = subprocess.run(
        [sys.executable, "-m", "profiler", "zoo"],  # finds this typer, as the working folder comes first
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whatever the test's parent ignores
    )
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


def test_the_version_is_told(cache: Path, tmp_path: Path) -> None:
    assert _profiler("--version", cache=cache, folder=tmp_path).stdout.startswith("profiler 0.")
