"""`profiler install`: programs that no package index has, at a pinned version whose checksum is known."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from profiler.run.renode_release import RENODE_VERSION, install_folder, release_here
from profiler.run.renode_release import install as install_release


class Program(StrEnum):
    """What can be installed."""

    RENODE = "renode"


def install(
    program: Annotated[Program, typer.Argument(help="What to install.")],
    again: Annotated[bool, typer.Option("--again", help="Replace what is installed.")] = False,
) -> None:
    """Download a program at its pinned version, check its SHA-256, and unpack it for this user."""
    release, target = release_here(), install_folder(RENODE_VERSION)
    if target.is_dir() and not again:
        typer.echo(f"{program.value} {RENODE_VERSION} is in {target}; --again replaces it")
        return
    typer.echo(f"getting {release.url}")
    install_release(target, release)
    typer.echo(f"{program.value} {RENODE_VERSION} is in {target}")
