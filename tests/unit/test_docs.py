"""The documentation is complete: every command, option, setting and error is in the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from profiler import errors
from profiler.cli.main import app
from profiler.graph.operators import OPERATOR_KINDS
from profiler.settings import Settings
from profiler.settings_service import ServiceSettings

_ROOT = Path(__file__).resolve().parents[2]
_REFERENCE = (_ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def _commands() -> dict[str, Any]:
    return dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def _section(command: str) -> str:
    found = re.search(rf"### `profiler {command}\b(.*?)(?=\n##|\Z)", _REFERENCE, re.DOTALL)
    assert found, f"docs/reference.md has no section for `profiler {command}`"
    return found.group(1)


@pytest.mark.parametrize("command", sorted(_commands()))
def test_every_option_of_every_command_is_documented(command: str) -> None:
    section = _section(command)
    parsed = _commands()[command]
    for parameter in (each for part in (parsed, *getattr(parsed, "commands", {}).values()) for each in part.params):
        if parameter.param_type_name == "option" and "--help" not in parameter.opts:
            assert any(f"`{name}`" in section for name in parameter.opts), f"{command} {parameter.opts}"


@pytest.mark.parametrize(
    "setting", [*sorted(Settings.model_fields), *(f"service.{name}" for name in sorted(ServiceSettings.model_fields))]
)
def test_every_setting_is_documented(setting: str) -> None:
    assert f"| `{setting}` |" in _REFERENCE


def test_every_error_is_documented() -> None:
    for name, value in vars(errors).items():
        if isinstance(value, type) and issubclass(value, errors.ProfilerError) and value is not errors.ProfilerError:
            assert f"| `{name}` |" in _REFERENCE, name


def test_the_readme_lists_exactly_the_operators_there_are() -> None:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    (models,) = re.findall(r"\n- Models: (.*?)\n- ", readme, re.DOTALL)
    listed = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", models.partition("float32;")[2]))
    assert listed == set(OPERATOR_KINDS)


def test_links_between_documents_lead_somewhere() -> None:
    for page in [*(_ROOT / "docs").glob("*.md"), *_ROOT.glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"
