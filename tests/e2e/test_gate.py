"""The gate as CI meets it: real builds, fresh processes, exit codes, files."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch
from xml.etree import ElementTree

import pytest

from profiler.cli.main import main
from tests.support.small_models import convolution_chain
from tests.support.tflite_builder import OperatorSpec, activation_tensor, build_model

_BOARD = "nucleo_l4r5zi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A folder to call the command in. It runs in this process: starting Python for each call takes longer than it."""

    folder: Path
    cache: Path

    def write(self, name: str, content: bytes | str) -> None:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def profiler(self, *arguments: str, **environment: str) -> Outcome:
        stdout, stderr, code = io.StringIO(), io.StringIO(), 0
        surroundings = {"PROFILER_CACHE_FOLDER": str(self.cache), "COLUMNS": "160", **environment}
        with (
            contextlib.chdir(self.folder),
            patch.dict(os.environ, surroundings),
            patch.object(sys, "argv", ["profiler", *arguments]),
            contextlib.redirect_stdout(stdout),
            contextlib.redirect_stderr(stderr),
        ):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 0
        return Outcome(returncode=code, stdout=stdout.getvalue(), stderr=stderr.getvalue())

    def gate(self, *arguments: str, **environment: str) -> Outcome:
        return self.profiler("gate", *arguments, **environment)


@pytest.fixture(scope="module")
def accepted(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A model, and the baseline that was made of it."""
    made = Desk(folder=tmp_path_factory.mktemp("accepted"), cache=tmp_path_factory.mktemp("cache"))
    made.write("model.tflite", convolution_chain([8, 8, 8]))
    result = made.gate("model.tflite", "-b", _BOARD, "--baseline", "baseline.toml", "--update-baseline")
    assert result.returncode == 0, result.stderr
    assert "wrote baseline.toml" in result.stderr
    return made


@pytest.fixture
def desk(accepted: Desk, tmp_path: Path) -> Desk:
    shutil.copytree(accepted.folder, tmp_path, dirs_exist_ok=True)
    return Desk(folder=tmp_path, cache=accepted.cache)


_AGAINST = ("model.tflite", "-b", _BOARD, "--baseline", "baseline.toml")


def test_a_fresh_process_ends_with_the_exit_code(desk: Desk) -> None:
    environment = {**os.environ, "PROFILER_CACHE_FOLDER": str(desk.cache)}
    for limit, code in (("max_flash=64 KiB", 0), ("max_flash=1 KiB", 1), ("max_flesh=1 KiB", 2)):
        command = [sys.executable, "-m", "profiler", "gate", "model.tflite", "-b", _BOARD, "--limit", limit]
        result = subprocess.run(command, cwd=desk.folder, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == code, result.stderr
        assert "Traceback" not in result.stderr


def test_the_same_model_passes(desk: Desk) -> None:
    result = desk.gate(*_AGAINST)
    assert result.returncode == 0, result.stdout
    assert "gate passed: 5 limits kept" in result.stdout


def test_a_model_grown_by_one_layer_fails_and_the_layer_is_named(desk: Desk) -> None:
    desk.write("model.tflite", convolution_chain([8, 8, 8, 8]))
    result = desk.gate(*_AGAINST, "--format", "terminal,junit=out/gate.xml,markdown=gate.md,json=gate.json,github")
    assert result.returncode == 1, result.stderr
    named = "layer 3 CONV_2D (1×8×8×8 → 1×8×8×8) is new"
    assert f"{named}: +" in result.stdout
    assert "::error file=model.tflite,title=max_latency_increase" in result.stdout
    assert named in (desk.folder / "gate.md").read_text(encoding="utf-8")
    suite = ElementTree.parse(desk.folder / "out" / "gate.xml").getroot()
    assert int(suite.get("failures", "0")) >= 2
    (entry,) = json.loads((desk.folder / "gate.json").read_text(encoding="utf-8"))["entries"]
    failed = {check["limit"]: check["causes"] for check in entry["checks"] if check["verdict"] == "fail"}
    assert failed.keys() >= {"max_latency_increase", "max_flash_increase"}
    assert all(causes[0].startswith(named) for causes in failed.values())
    assert [layer["after_index"] for layer in entry["comparison"]["layers"] if layer["status"] == "added"] == [3]


def test_a_layer_that_grew_in_the_middle_is_told_from_its_neighbours(desk: Desk) -> None:
    desk.write("model.tflite", convolution_chain([8, 12, 8]))
    result = desk.gate(*_AGAINST, "--format", "json")
    assert result.returncode == 1
    (entry,) = json.loads(result.stdout)["entries"]
    changed = {layer["after_index"] for layer in entry["comparison"]["layers"] if layer["status"] == "changed"}
    assert changed == {1, 2}
    arena = next(check for check in entry["checks"] if check["limit"] == "max_arena_increase")
    assert "layer 2 CONV_2D" in arena["causes"][0]


def test_agreeing_to_the_growth_makes_it_pass_and_adds_one_layer_line(desk: Desk) -> None:
    before = (desk.folder / "baseline.toml").read_text(encoding="utf-8")
    desk.write("model.tflite", convolution_chain([8, 8, 8, 8]))
    assert desk.gate(*_AGAINST, "--update-baseline").returncode == 0
    after = (desk.folder / "baseline.toml").read_text(encoding="utf-8")
    assert after.count("{kind =") == before.count("{kind =") + 1
    assert desk.gate(*_AGAINST).returncode == 0


def test_other_options_are_told_apart_from_another_model(desk: Desk) -> None:
    result = desk.gate(*_AGAINST, "--kernels", "ref")
    assert result.returncode == 1
    assert "note: the model file is the baseline's; what differs from the baseline is options: " in result.stdout
    assert "kernels=auto" in result.stdout
    assert "kernel conv_2d_s8_dsp → conv_2d_s8_ref" in result.stdout


def test_a_saved_profile_is_gated_without_building(desk: Desk, tmp_path: Path) -> None:
    desk.write("profile.json", desk.profiler("run", "model.tflite", "-b", _BOARD, "--json").stdout)
    nowhere = {"PROFILER_TOOLCHAIN_PREFIX": "/nowhere/", "PROFILER_CACHE_FOLDER": str(tmp_path / "empty")}
    assert desk.gate("--profile", "profile.json", "--baseline", "baseline.toml", **nowhere).returncode == 0
    over = desk.gate("--profile", "profile.json", "--limit", "max_flash=1 KiB", **nowhere)
    assert over.returncode == 1
    assert "largest: layer" in over.stdout
    assert desk.gate("--profile", "profile.json", "--baseline", "profile.json").returncode == 0
    saved = (desk.folder / "profile.json").read_text(encoding="utf-8")
    desk.write("list.json", f"[{saved.replace(_BOARD, 'elsewhere')},{saved}]")
    assert "2 limits kept" in desk.gate("--profile", "list.json", "--limit", "max_flash=1 MiB").stdout
    several = desk.profiler("diff", "profile.json", "list.json")
    assert (several.returncode, "a list of 2 profiles: elsewhere, nucleo_l4r5zi" in several.stderr) == (2, True)
    same = desk.profiler("diff", "profile.json", "profile.json", "--format", "markdown", "--output", "out/diff.md")
    assert (same.returncode, same.stdout) == (0, "")
    assert "tools, board and options are the same" in (desk.folder / "out" / "diff.md").read_text(encoding="utf-8")


def test_several_models_and_boards_are_judged_in_one_call(desk: Desk) -> None:
    desk.write("other.tflite", convolution_chain([4]))
    limits = ("--limit", "max_flash=64 KiB", "--limit", "min_agreement=100%")
    result = desk.gate("model.tflite", "other.tflite", "-b", _BOARD, "-b", "raspberry_pi_pico", *limits)
    assert result.returncode == 0, result.stdout
    assert "gate passed: 8 limits kept" in result.stdout


_LIMIT = ("-b", _BOARD, "--limit", "max_flash=64 KiB")


def test_a_missing_compiler_is_the_environments_fault(desk: Desk, tmp_path: Path) -> None:
    nowhere = {"PROFILER_TOOLCHAIN_PREFIX": "/nowhere/arm-none-eabi-", "PROFILER_CACHE_FOLDER": str(tmp_path / "none")}
    result = desk.gate("model.tflite", *_LIMIT, "--format", "terminal,junit=gate.xml", **nowhere)
    assert result.returncode == 3
    assert "apt-get install gcc-arm-none-eabi" in result.stdout
    assert ElementTree.parse(desk.folder / "gate.xml").getroot().get("errors") == "1"
    assert desk.gate("--profile", "absent.json", *_LIMIT[2:]).returncode == 2


def test_an_unsupported_model_has_an_exit_code_of_its_own(desk: Desk) -> None:
    tensors = [activation_tensor((1, 4), 0.5, 0), activation_tensor((1, 4), 0.5, 0)]
    operator = OperatorSpec(kind="COS", inputs=(0,), outputs=(1,))
    desk.write("cosine.tflite", build_model(tensors=tensors, operators=[operator], inputs=[0], outputs=[1]))
    result = desk.gate("cosine.tflite", "model.tflite", *_LIMIT)
    assert result.returncode == 4
    assert "COS" in result.stdout
    assert "max_flash = 64 KiB  pass" in result.stdout


def test_a_model_that_does_not_fit_is_a_regression(desk: Desk) -> None:
    desk.write("large.tflite", convolution_chain([32, 32], height=96))
    result = desk.gate("large.tflite", "-b", "nucleo_g0b1re", "--limit", "max_flash=64 KiB")
    assert result.returncode == 1
    assert (
        "DoesNotFitError"
        in desk.gate(
            "large.tflite", "-b", "nucleo_g0b1re", "--limit", "max_flash=64 KiB", "--format", "markdown"
        ).stdout
    )


def test_a_failed_model_leaves_the_baseline_as_it_was(desk: Desk) -> None:
    before = (desk.folder / "baseline.toml").read_bytes()
    desk.write("broken.tflite", b"not a model")
    result = desk.gate("model.tflite", "broken.tflite", *_AGAINST[1:], "--update-baseline")
    assert result.returncode == 2
    assert "left as it was" in result.stderr
    assert (desk.folder / "baseline.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to gate"),
        (("model.tflite",), "no board is given"),
        (("-b", _BOARD), "no model is given"),
        (("model.tflite", "-b", _BOARD), "no limit applies to model.tflite"),
        (("model.tflite", "-b", "nucleo_l4r5z", "--limit", "max_ram=1"), "nucleo_l4r5zi"),
        (("model.tflite", "-b", _BOARD, "--limit", "max_rom=1"), "did you mean"),
        (("model.tflite", "-b", _BOARD, "--limit", "max_ram=1 ms"), "64 KiB"),
        (("model.tflite", "-b", _BOARD, "--limit", "max_ram_increase=1%"), "needs a baseline"),
        (("model.tflite", "-b", _BOARD, "--baseline", "none.toml"), "--update-baseline"),
        (("model.tflite", "-b", _BOARD, "--update-baseline"), "give --baseline FILE"),
        (("model.tflite", "-b", _BOARD, "--budget", "none.toml"), "cannot read none.toml"),
        (("model.tflite", "-b", _BOARD, "--budget", "budget.toml"), "applies to nothing"),
        ((*_AGAINST, "--format", "pdf"), "choose of: terminal"),
        ((*_AGAINST, "--format", "terminal,json"), "json=FILE"),
        ((*_AGAINST, "--missing", "maybe"), "fail, warn"),
        ((*_AGAINST, "--accuracy", "budget.toml"), "no accuracy file"),
        (("model.tflite", "./model.tflite", *_AGAINST[1:]), "have one name"),
    ],
)
def test_a_mistake_ends_with_2_and_what_to_do(arguments: tuple[str, ...], words: str, desk: Desk) -> None:
    desk.write("budget.toml", '[[limits]]\nmodel = "madel*"\nmax_flash = "1 B"\n')
    result = desk.gate(*arguments)
    assert result.returncode == 2, result.stdout
    assert words in result.stderr
    assert "hint: " in result.stderr


def test_a_budget_for_other_models_may_be_shared(desk: Desk) -> None:
    desk.write("budget.toml", '[defaults]\nmax_flash = "64 KiB"\n[[limits]]\nmodel = "other*"\nmax_flash = "1 B"\n')
    assert desk.gate("model.tflite", "-b", _BOARD, "--budget", "budget.toml").returncode == 2
    shared = desk.gate("model.tflite", "-b", _BOARD, "--budget", "budget.toml", "--unused", "ignore")
    assert shared.returncode == 0, shared.stderr


def test_a_new_model_fails_or_warns_without_a_baseline(desk: Desk) -> None:
    desk.write("new.tflite", convolution_chain([4]))
    arguments = ("new.tflite", *_AGAINST[1:])
    assert desk.gate(*arguments).returncode == 1
    warned = desk.gate(*arguments, "--missing", "warn")
    assert warned.returncode == 0
    assert "the baseline has no entry" in warned.stdout


def test_quiet_prints_nothing_and_still_judges(desk: Desk) -> None:
    result = desk.gate(*_AGAINST, "--quiet", "--format", "terminal,markdown=gate.md")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (desk.folder / "gate.md").exists()
