"""The files that bring the gate into CI keep to the schemas of those who read them, and every input is documented."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_manifest

_ROOT = Path(__file__).resolve().parents[2]
_PAGE = (_ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
_ACTION = yaml.safe_load((_ROOT / "action.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("action.yml", "github-actions"),
        ("examples/gate/github-workflow.yml", "github-workflows"),
        ("examples/gate/gitlab-ci.yml", "gitlab-ci"),
    ],
)
def test_the_file_is_valid_by_its_public_schema(name: str, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(_ROOT / name)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_schema_check_finds_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "action.yml").write_text("name: x\nruns: {using: composite, steps: [{run: x}]}\n")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    assert subprocess.run([*command, str(tmp_path / "action.yml")], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("name", _ACTION["inputs"])
def test_every_input_of_the_action_is_told_and_used(name: str) -> None:
    assert _ACTION["inputs"][name]["description"]
    assert f"| `{name}` |" in _PAGE
    text = (_ROOT / "action.yml").read_text(encoding="utf-8")
    assert f"inputs.{name} " in text


def test_no_expression_is_inside_a_script() -> None:
    for step in _ACTION["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]


def test_the_workflow_example_gives_inputs_that_exist() -> None:
    workflow = yaml.safe_load((_ROOT / "examples" / "gate" / "github-workflow.yml").read_text(encoding="utf-8"))
    (given,) = [step["with"] for step in workflow["jobs"]["gate"]["steps"] if "profiler" in step["uses"]]
    assert set(given) <= set(_ACTION["inputs"])


def test_the_pre_commit_hook_is_one() -> None:
    (hook,) = load_manifest(str(_ROOT / ".pre-commit-hooks.yaml"))
    assert shlex.split(hook["entry"]) == ["profiler", "gate"]
    assert hook["pass_filenames"]
    assert re.search(hook["files"], "models/kws.tflite")
    assert not re.search(hook["files"], "models/kws.h5")
    assert f"id: {hook['id']}" in _PAGE
