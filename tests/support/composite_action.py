"""Runs the shell steps of a composite GitHub action as a runner would, with files for its outputs and summary."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
_CONDITION = re.compile(r"inputs\.([\w-]+) == '(\w+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What the steps left behind, up to the first that failed."""

    exit_code: int
    log: str
    summary: str
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeAction:
    """An action file. `folder` stands in for the runner's: its `temp`, files of outputs and summary."""

    path: Path
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        loaded = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        assert isinstance(loaded, dict)
        return loaded

    def run(self, workspace: Path, search_path: str, inputs: dict[str, str], **environment: str) -> Ran:
        """Every step in order in `workspace`, with programs from `search_path`."""
        document = self.document
        values = {name: str(declared.get("default", "")) for name, declared in document["inputs"].items()} | inputs
        temp, output, summary = (self.folder / name for name in ("temp", "output", "summary"))
        temp.mkdir(parents=True, exist_ok=True)
        for path in (output, summary):
            path.write_text("", encoding="utf-8")
        runner = {"RUNNER_TEMP": str(temp), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
        base = {**runner, "PATH": search_path, "HOME": os.environ["HOME"], "LANG": "C.UTF-8", **environment}
        context = {"github.action_path": str(self.path.parent)}
        context |= {f"inputs.{name}": value for name, value in values.items()}
        log, code = "", 0
        for step in document["runs"]["steps"]:
            if code or not _holds(step.get("if"), values):
                continue
            assert "${{" not in step["run"], "what a caller writes would become commands"
            declared = {name: _evaluate(str(text), context) for name, text in step.get("env", {}).items()}
            result = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=workspace,
                env=base | declared,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            log, code = log + result.stdout, result.returncode
        pairs = [line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines()]
        return Ran(exit_code=code, log=log, summary=summary.read_text(encoding="utf-8"), outputs=dict(pairs))


def _holds(condition: str | None, inputs: dict[str, str]) -> bool:
    if condition is None:
        return True
    found = _CONDITION.fullmatch(condition)
    assert found, f"a condition this runner does not know: {condition}"
    return inputs[found[1]] == found[2]


def _evaluate(text: str, context: dict[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: context[found[1]], text)
