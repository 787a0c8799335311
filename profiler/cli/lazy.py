"""Commands that are imported when they are run: `profiler --help` must not wait for an emulator to load."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Lazy(Mapping[str, Any]):
    """Commands by name, each made when it is first asked for, of its place `module:function` or `module:Typer`."""

    def __init__(self, places: Mapping[str, str], make: Callable[[str, str], Any]) -> None:
        self._places, self._make = places, make
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._make(name, self._places[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def lazy_group(places: Mapping[str, str]) -> type[TyperGroup]:
    """A group of the commands at `places`, in that order. Its own help reads their summaries without importing them."""

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            super().__init__(**attributes)
            self.commands: Any = Lazy(places, loaded)

        def format_help(self, ctx: Any, formatter: Any) -> None:
            commands, self.commands = self.commands, Lazy(places, described)
            try:
                super().format_help(ctx, formatter)
            finally:
                self.commands = commands

    return LazyGroup


def loaded(name: str, place: str) -> Any:
    """The command itself."""
    module, _, attribute = place.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(found)
        command = typer.main.get_command(alone)
    command.name = name
    return command


def described(name: str, place: str) -> TyperCommand:
    """A command that has a name and a summary, and does nothing."""
    module, _, attribute = place.partition(":")
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    return TyperCommand(name, help=summary(Path(found.origin).read_text(encoding="utf-8"), attribute))


def summary(source: str, attribute: str) -> str | None:
    """What a function's docstring says, or the `help` of a `typer.Typer`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == attribute:
            return ast.get_docstring(node)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            texts = [word.value for word in node.value.keywords if word.arg == "help"]
            if attribute in names and texts and isinstance(texts[0], ast.Constant):
                return str(texts[0].value)
    return None
