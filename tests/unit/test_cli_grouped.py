"""Options that are the fields of a dataclass are options like any other, and reach the command as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from profiler.cli.grouped import grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option("--width", min=1, help="In pixels.")]
    unit: Annotated[str, typer.Option("--unit")] = "px"


@grouped
def draw(
    name: Annotated[str, typer.Argument()],
    *,
    bold: Annotated[bool, typer.Option("--bold")] = False,
    size: Size,
    color: Annotated[str, typer.Option("--color")] = "red",
) -> None:
    """Draw."""
    typer.echo(f"{name} {size} {bold} {color}")


app = typer.Typer()
app.command()(draw)


def test_fields_are_options_in_the_place_of_their_group() -> None:
    command = typer.main.get_command(app)
    assert [parameter.name for parameter in command.params][:5] == ["name", "bold", "width", "unit", "color"]
    assert draw.__doc__ == "Draw."


def test_the_command_gets_the_group_with_what_was_given_and_defaults() -> None:
    found = CliRunner().invoke(app, ["x", "--width", "3", "--bold"])
    assert found.output == f"x {Size(width=3)} True red\n"


def test_a_field_is_checked_as_an_option_is() -> None:
    assert CliRunner().invoke(app, ["x"]).exit_code == 2
    assert CliRunner().invoke(app, ["x", "--width", "0"]).exit_code == 2
