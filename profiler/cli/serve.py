"""`profiler serve`: the HTTP service with its workers, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on (default 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option("--port", "-p", help="TCP port (default 8000); 0: any free one.")] = None,
    data_folder: Annotated[
        Path | None, typer.Option("--data-folder", help="Where models, jobs and results are kept.")
    ] = None,
    database_url: Annotated[
        str | None, typer.Option("--database-url", help="postgresql://USER@HOST/NAME instead of SQLite.")
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask scheduler whose workers do the work, tcp://HOST:8786.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", help="Profiles worked on at once on this machine.")
    ] = None,
    log_format: Annotated[str | None, typer.Option("--log-format", help="json or text.")] = None,
) -> None:
    """Serve the HTTP API and the web page until stopped; profiles are computed by workers of this machine."""
    from profiler.service.server import serve as run  # loads web framework and engine: not for --help
    from profiler.settings import load_settings

    service = {"host": host, "port": port, "log_format": log_format}
    settings = load_settings(
        data_folder=data_folder,
        database_url=database_url,
        scheduler=scheduler,
        workers=workers,
        service={name: value for name, value in service.items() if value is not None} or None,
    )
    run(settings)
