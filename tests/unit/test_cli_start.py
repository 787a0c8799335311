"""Commands are imported when they run: help and version load none, and say what the commands themselves say."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from profiler.cli.lazy import described, loaded, summary
from profiler.cli.main import COMMANDS, app
from profiler.resources import report_assets_folder
from tests.support.modules import modules_after

SAVED = str(report_assets_folder() / "samples" / "kws-nucleo_l4r5zi.json")
HEAVY = (
    "numpy", "pandas", "scipy", "sklearn", "tensorflow", "keras", "tflite",  # data and models
    "capstone", "elftools", "intelhex", "mapfile_parser", "jinja2", "serial", "unicorn",  # firmware
    "distributed", "fastapi", "plotly", "pydantic_settings", "sqlalchemy",
)  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_the_command_s_own(name: str) -> None:
    command = loaded(name, COMMANDS[name])
    assert command.name == name
    assert described(name, COMMANDS[name]).get_short_help_str(500) == command.get_short_help_str(500) != ""


def test_the_group_has_every_command_in_order() -> None:
    group = typer.main.get_command(app)
    assert list(group.commands) == list(COMMANDS)  # type: ignore[attr-defined]
    assert group.commands["board-sim"] is group.commands["board-sim"]  # type: ignore[attr-defined]


def test_a_summary_that_is_not_there_is_none() -> None:
    assert summary("def run():\n    pass\n", "run") is None
    assert summary('x = typer.Typer(help="Words.")\n', "x") == "Words."
    assert summary("x = 1\n", "x") is None


def test_the_help_of_a_command_loads_nothing_that_does_its_work() -> None:
    program = (
        "import sys; from profiler.cli.main import COMMANDS, app\n"
        "for name in COMMANDS:\n"
        "    app([name, '--help'], standalone_mode=False)\n"
        f"    found = [module for module in {HEAVY!r} if module in sys.modules]\n"
        "    if found: sys.exit(f'{name} --help loads {found}')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Usage:") == len(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], set()),
        (["zoo"], set()),
        (["schema"], set()),
        (["boards"], set()),
        (["boards", "nucleo_l4r5zi"], set()),
        (["boards", "disco_f746ng"], {"pydantic_settings"}),  # whether its calibration is wanted is a setting
        (["inspect", "zoo:kws"], set()),
        (["diff", SAVED, SAVED], set()),
        (["gate", "--profile", SAVED, "--limit", "max_flash=1 MiB"], set()),
    ],
)
def test_what_needs_little_loads_little(arguments: list[str], allowed: set[str]) -> None:
    assert modules_after(arguments, HEAVY) <= allowed
