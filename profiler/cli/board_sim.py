"""`profiler board-sim`: a board that is the embedded emulator, behind a real serial port, with a probe."""

from __future__ import annotations

import signal
import tempfile
import time
from pathlib import Path
from typing import Annotated, Never

import typer

from profiler.cli.profile_options import BoardArgument

_LOOK_SECONDS = 0.2


def board_sim(
    board: BoardArgument,
    elf: Annotated[Path | None, typer.Option("--elf", help="Firmware that is flashed from the start.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="The probe's folder, for --flash sim:FOLDER; a new one when left out."),
    ] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option("--fault", help="drop=0.01,garble=0.01,seed=1 and others (see docs/hardware.md)."),
    ] = None,
) -> None:
    """Run firmware on the emulator behind a pseudo-terminal, like a board. Ctrl-C ends it."""
    from profiler.boards.loader import load_board
    from profiler.sim.board_sim import BoardSim
    from profiler.sim.faults import parse_faults
    from profiler.sim.probe import DropFolder

    target, faults = load_board(board), parse_faults(fault or ())
    signal.signal(signal.SIGTERM, _end)  # leaves nothing behind either
    with (
        tempfile.TemporaryDirectory(prefix="board-sim-") as temporary,
        BoardSim(target, faults=faults, log=lambda text: typer.echo(f"{target.name}: {text}", err=True)) as sim,
        DropFolder(sim, folder or Path(temporary)) as probe,
    ):
        typer.echo(f"port    {sim.port}")
        typer.echo(f"folder  {probe.folder}")
        typer.echo(f"try     profiler run zoo:kws --board {board} --on {sim.port} --flash sim:{probe.folder}")
        if elf is not None:
            sim.flash(elf)
        while sim.running:
            time.sleep(_LOOK_SECONDS)


def _end(number: int, _frame: object) -> Never:
    raise SystemExit(128 + number)
