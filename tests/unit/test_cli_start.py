"""Commands are imported when they run: help and version load none, and say what the commands themselves say."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from profiler.cli.lazy import described, loaded, summary
from profiler.cli.main import COMMANDS, app

HEAVY = ("numpy", "pandas", "scipy", "sklearn", "unicorn", "capstone", "pydantic", "tflite", "tensorflow", "sqlalchemy")


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


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        (["--version"], ()),
        (["--help"], ()),
        (["boards"], ("pydantic",)),
        (["compare", "--help"], ("numpy", "pydantic")),
    ],
)
def test_what_needs_little_loads_little(arguments: list[str], allowed: tuple[str, ...]) -> None:
    program = (
        "import sys; from profiler.cli.main import main\n"
        f"sys.argv = ['profiler', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    found = set(done.stdout.splitlines()[-1].split())
    assert found <= set(allowed), found
