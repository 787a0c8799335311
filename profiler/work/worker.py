"""A worker for a Dask scheduler: does the engine's tasks on its host, with the boards attached there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Mapping

import dask
from distributed import Worker

from profiler.boards.loader import load_board
from profiler.errors import SettingsError
from profiler.settings import Settings
from profiler.work.boards import BoardStock
from profiler.work.cluster import NO_PAGES
from profiler.work.pool import ProfilerPlugin

_RETRY_SECONDS = 2.0
_CLOSE_SECONDS = 5.0
_log = logging.getLogger(__name__)


def parse_boards(texts: list[str]) -> Mapping[str, int]:
    """`NAME` or `NAME=COUNT` of attached boards. Raises SettingsError, BoardError."""
    boards: dict[str, int] = {}
    for text in texts:
        name, equals, count = text.partition("=")
        if equals and not (count.isascii() and count.isdigit() and 1 <= int(count) <= 100):
            raise SettingsError(f"{text[:80]!r} does not say how many boards", hint="write NAME=1, up to 100")
        board = load_board(name).name
        if board in boards:
            raise SettingsError(f"{board} is named twice", hint=f"write {board}=2")
        boards[board] = int(count) if equals else 1
    return boards


def run_worker(scheduler: str, settings: Settings, boards: Mapping[str, int]) -> None:
    """Works until SIGINT or SIGTERM; a scheduler that is lost is asked for again and again.

    `boards`: how many of each the host has, as `BoardStock` has them. Raises SettingsError for a wrong lab file.
    """
    BoardStock(settings.lab_file, boards)
    ProfilerPlugin.of_host = ProfilerPlugin(settings, boards)
    asyncio.run(_serve(scheduler, settings, boards))


async def _serve(scheduler: str, settings: Settings, boards: Mapping[str, int]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    while not stop.is_set():
        work = asyncio.create_task(_work(scheduler, settings, boards, stop))
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():  # it may still be waiting for its scheduler
            await asyncio.wait({work}, timeout=_CLOSE_SECONDS)
            work.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await work
        if not stop.is_set():
            _log.warning("the scheduler at %s is gone; trying again", scheduler)
            await asyncio.wait({stopped}, timeout=_RETRY_SECONDS)


async def _work(scheduler: str, settings: Settings, boards: Mapping[str, int], stop: asyncio.Event) -> None:
    """Until the scheduler goes, or the wish to stop comes."""
    with dask.config.set(NO_PAGES):
        worker = Worker(
            scheduler,
            nthreads=settings.workers,
            resources=BoardStock(settings.lab_file, boards).resources(),
            plugins=(ProfilerPlugin(),),
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
        )
    async with worker:
        _log.info("working for %s with %d threads", scheduler, settings.workers)
        done, stopped = asyncio.create_task(worker.finished()), asyncio.create_task(stop.wait())
        await asyncio.wait({done, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for each in (done, stopped):
            each.cancel()
