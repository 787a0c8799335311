"""`profiler worker`: does the work of a scheduler's engines on this host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from profiler.errors import SettingsError


def worker(
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Address of the Dask scheduler, tcp://HOST:8786.")
    ] = None,
    board: Annotated[
        list[str] | None, typer.Option("--board", "-b", help="A board attached to this host: NAME, or NAME=COUNT.")
    ] = None,
    lab: Annotated[
        Path | None, typer.Option("--lab", help="Lab file with the boards of this host; jobs may ask for its aliases.")
    ] = None,
    threads: Annotated[int | None, typer.Option("--threads", help="Tasks worked on at once.", min=1)] = None,
) -> None:
    """Build and run models for a Dask scheduler, until interrupted; a lost scheduler is asked for again."""
    from profiler import logs
    from profiler.settings import load_settings
    from profiler.work.worker import parse_boards, run_worker

    settings = load_settings(workers=threads, lab_file=lab)
    address = scheduler or settings.scheduler
    if address is None:
        raise SettingsError("no scheduler is named", hint="give --scheduler tcp://HOST:8786, or set PROFILER_SCHEDULER")
    logs.configure(settings.service.log_format)
    run_worker(address, settings, parse_boards(board or []))
