"""The GitHub action's steps, the GitLab job's script and the pre-commit hook run the gate they promise."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.composite_action import CompositeAction, Ran
from tests.support.small_models import convolution_chain

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAMS = Path(sys.executable).parent


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


class Runner:
    """A runner's machine: `python3 -m venv` and pip are noted down, and give this environment's profiler."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.cache, self.workspace, self.notes = cache, folder / "work", folder / "notes"
        self.action = CompositeAction(path=_ROOT / "action.yml", folder=folder / "runner")
        self.programs = folder / "programs"
        self.workspace.mkdir()
        (self.workspace / "model.tflite").write_bytes(convolution_chain([8, 8]))
        note = f'printf "%s\\n" "$(basename "$0") $*" >>{shlex.quote(str(self.notes))}\n'
        _script(
            self.programs / "python3",
            f"#!/bin/sh\n{note}"
            f'if [ "$1 $2" != "-m venv" ]; then exec {sys.executable} "$@"; fi\n'
            f'mkdir -p "$3/bin"; ln -sf {_PROGRAMS}/profiler "$3/bin/profiler"\n'
            f'ln -sf {self.programs}/python "$3/bin/python"\n',
        )
        for name in ("python", "apt-get", "sudo"):
            _script(self.programs / name, f"#!/bin/sh\n{note}" + ('exec "$@"\n' if name == "sudo" else ""))

    def run(self, *, search_path: str | None = None, **inputs: str) -> Ran:
        path = search_path or f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.action.run(self.workspace, path, given, PROFILER_CACHE_FOLDER=str(self.cache))

    def noted(self) -> list[str]:
        return self.notes.read_text(encoding="utf-8").splitlines() if self.notes.exists() else []


@pytest.fixture
def runner(tmp_path: Path, cache: Path) -> Runner:
    return Runner(tmp_path, cache)


def test_the_action_passes_on_a_model_within_its_limits(runner: Runner) -> None:
    ran = runner.run(models="model.tflite", boards="nucleo_l4r5zi", limits="max_flash = 64 KiB\n\nmin_agreement=100%\n")
    assert ran.exit_code == 0, ran.log
    assert ran.outputs == {"verdict": "pass", "exit-code": "0"}
    assert "gate passed: 2 limits kept" in ran.log
    assert "## ✅ gate passed" in ran.summary
    assert [line for line in runner.noted() if "pip" in line] == [f"python -m pip install --quiet {_ROOT}"]


def test_the_action_fails_on_a_regression_with_summary_annotation_and_files(runner: Runner) -> None:
    ran = runner.run(
        models="model.tflite",
        boards="nucleo_l4r5zi\nraspberry_pi_pico",
        limits="max_flash=1 KiB",
        junit="reports/gate.xml",
        markdown="gate.md",
        json="gate.json",
    )
    assert ran.exit_code == 1, ran.log
    assert ran.outputs == {"verdict": "fail", "exit-code": "1"}
    assert ran.log.count("::error file=model.tflite") == 2
    assert "## ❌ gate failed: 2 of 2 limits failed" in ran.summary
    written = {path.name for path in runner.workspace.rglob("gate.*")}
    assert written == {"gate.xml", "gate.md", "gate.json"}


def test_the_action_can_be_quiet_about_summary_and_annotations(runner: Runner) -> None:
    ran = runner.run(
        models="model.tflite", boards="nucleo_l4r5zi", limits="max_flash=1 KiB", summary="false", annotations="false"
    )
    assert ran.exit_code == 1
    assert (ran.summary, "::error" in ran.log) == ("", False)


def test_a_mistake_in_the_inputs_has_its_exit_code_and_no_verdict(runner: Runner) -> None:
    ran = runner.run(models="model.tflite", boards="nucleo_l4r5zi", limits="max_flesh=1 KiB")
    assert ran.exit_code == 2
    assert ran.outputs == {"verdict": "", "exit-code": "2"}
    assert "did you mean max_flash" in ran.log


def test_inputs_are_never_run_as_commands(runner: Runner) -> None:
    hostile = '$(touch owned)`touch owned`";touch owned;"'
    ran = runner.run(models=f"{hostile}\n--help", boards=hostile, limits=hostile, budget=hostile, arguments=hostile)
    assert ran.exit_code == 2, ran.log
    assert not list(runner.workspace.parent.rglob("owned"))


def test_the_compiler_is_installed_where_it_is_missing_and_only_there(runner: Runner, tmp_path: Path) -> None:
    runner.run(models="model.tflite", boards="nucleo_l4r5zi", limits="max_flash=64 KiB")
    assert not [line for line in runner.noted() if line.startswith("apt-get")]
    bare = tmp_path / "bare"
    for name in ("bash", "basename", "sh", "mkdir", "ln", "cat", "cp", "rm"):
        found = subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        bare.mkdir(exist_ok=True)
        (bare / name).symlink_to(found)
    ran = runner.run(
        search_path=f"{runner.programs}{os.pathsep}{bare}", models="model.tflite", boards="nucleo_l4r5zi",
        limits="max_ram=64 KiB",
    )  # fmt: skip
    installed = [line for line in runner.noted() if line.startswith("apt-get install")]
    assert len(installed) == 1
    assert "gcc-arm-none-eabi libnewlib-arm-none-eabi" in installed[0]
    assert ran.exit_code == 3, ran.log  # this machine's apt-get installed nothing
    assert ran.outputs["exit-code"] == "3"


def test_the_gitlab_job_gates_and_leaves_its_artifacts(runner: Runner) -> None:
    job = yaml.safe_load((_ROOT / "examples" / "gate" / "gitlab-ci.yml").read_text(encoding="utf-8"))["profiler-gate"]
    variables = {**job["variables"], "GATE_OPTIONS": "--board nucleo_l4r5zi --limit max_flash=1024"}
    environment = {
        **{name: value.replace("$CI_PROJECT_DIR", str(runner.workspace)) for name, value in variables.items()},
        "PATH": f"{runner.programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": os.environ["HOME"],
        "LANG": "C.UTF-8",
    }
    _script(runner.programs / "pip", (runner.programs / "python").read_text(encoding="utf-8"))
    for line in job["before_script"]:
        subprocess.run(["bash", "-ec", line], cwd=runner.workspace, env=environment, check=True, capture_output=True)
        programs = runner.workspace / ".profiler" / "bin"
        if programs.is_dir() and not (programs / "pip").exists():
            (programs / "pip").symlink_to(runner.programs / "pip")
    (line,) = job["script"]
    result = subprocess.run(
        ["bash", "-ec", line], cwd=runner.workspace, env=environment, check=False, capture_output=True, text=True
    )
    assert result.returncode == 1, result.stderr
    assert "gate failed: 1 of 1 limits failed" in result.stdout
    assert "pip install --quiet cortexm-profiler" in runner.noted()
    for artifact in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (runner.workspace / artifact).exists()


def test_the_pre_commit_hooks_command_takes_options_before_the_changed_models(runner: Runner) -> None:
    (hook,) = yaml.safe_load((_ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    options = ["--board", "nucleo_l4r5zi", "--limit", "max_flash=1 KiB"]
    program, *rest = shlex.split(hook["entry"])
    result = subprocess.run(
        [str(_PROGRAMS / program), *rest, *options, "model.tflite"],
        cwd=runner.workspace,
        env={**os.environ, "PROFILER_CACHE_FOLDER": str(runner.cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1, result.stderr
    assert "gate failed" in result.stdout
