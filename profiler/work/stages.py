"""The two tasks of a profile, as Dask runs them: build, then profile.

The cut is where the firmware is a file: building needs processors and a compiler, running needs an emulator or a board,
so that the two may be on different hosts, and while one job runs the next one compiles.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from distributed import get_worker

from profiler.build.cache import ContentCache
from profiler.settings import Settings
from profiler.store.model import Failure
from profiler.work.boards import Borrowed
from profiler.work.failures import WORKER_MISMATCH
from profiler.work.files import BOARD_FILE, MODEL_FILE, TASK_FILE
from profiler.work.isolation import Limits
from profiler.work.pool import current_plugin
from profiler.work.sandbox import ChildTask
from profiler.work.version import engine_version
from profiler.work.work import Built, Finished, Work

_ENTRIES = "profiler.work.child"
_FIRMWARES = "firmware"  # their kind in the build cache
_log = logging.getLogger("profiler.work")
_NOT_FOR_CHILDREN = {"database_url", "service", "scheduler"}


def build_part(work: Work, model: bytes) -> Built | Failure:
    """The firmware of a model for a board; a task on a worker."""
    plugin = current_plugin()
    settings = plugin.settings
    here = engine_version(settings)
    if here != work.engine_version:
        return Failure(
            code=WORKER_MISMATCH,
            message=f"worker {_worker()} is {here!r}, the engine {work.engine_version!r}",
            hint="install the same version of profiler and of the compiler on both, with the same stack_bytes",
        )
    answer = _in_child("build", work, model, seconds={})
    if isinstance(answer, Failure):
        return answer
    folder = Path(str(answer["folder"])).resolve()
    if not folder.is_relative_to(settings.cache_folder.resolve() / _FIRMWARES):
        return Failure(code="crashed", message="the build left its firmware outside of the cache folder")
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "contents.json"}
    return Built(build_digest=str(answer["build_digest"]), files=files, stage_seconds=answer["seconds"])


def profile_part(work: Work, model: bytes, built: Built | Failure) -> Finished | Failure:
    """The profile of a firmware that was built; a task on a worker, of an attached board on the board's."""
    if isinstance(built, Failure):
        return built

    def place(folder: Path) -> None:
        for name, data in built.files.items():
            (folder / Path(name).name).write_bytes(data)

    ContentCache(current_plugin().settings.cache_folder).entry(_FIRMWARES, built.build_digest, place)
    answer = _profile(work, model, built.stage_seconds)
    if isinstance(answer, Failure):
        return answer
    return Finished(profile_json=str(answer["profile_json"]), stage_seconds=answer["seconds"])


def _profile(work: Work, model: bytes, seconds: Mapping[str, float]) -> Mapping[str, Any] | Failure:
    """Where the work says: a board of this host belongs to it alone meanwhile."""
    if work.board_needed is None:
        return _in_child("profile", work, model, seconds=seconds)
    plugin = current_plugin()
    with plugin.boards.borrowed(
        work.board_needed,
        patience_seconds=plugin.settings.board_patience_seconds,
        is_stopped=lambda: plugin.pool.is_stopped(work.token),
    ) as board:
        return board if isinstance(board, Failure) else _in_child("profile", work, model, seconds=seconds, board=board)


def _in_child(
    entry: str, work: Work, model: bytes, *, seconds: Mapping[str, float], board: Borrowed | None = None
) -> Mapping[str, Any] | Failure:
    plugin = current_plugin()
    _log.info("%s of %s for %s", entry, work.neutral_name, work.board, extra={"request_id": work.request_id})
    worker, name = get_worker(), _worker()
    limits = replace(Limits.of(plugin.settings), network=board is not None and board.network)
    task = {
        "board": work.board,
        "board_digest": work.board_digest,
        "options_text": work.options_text,
        "model_name": work.neutral_name,
        "settings": _for_child(plugin.settings),
        "limits": asdict(limits),
        "on": board.on if board is not None else None,
        "seconds": dict(seconds),  # of stages that were told and timed before
    }
    files = {MODEL_FILE: model, TASK_FILE: json.dumps(task).encode()}
    if work.board_file is not None:
        files[BOARD_FILE] = work.board_file.encode()

    def tell(message: Mapping[str, Any]) -> None:
        if "stage" in message:
            worker.log_event(work.topic, {"token": work.token, "stage": str(message["stage"])[:32], "by": name})

    child = ChildTask(entry=f"{_ENTRIES}:{entry}", files=files, limits=limits)
    answer = plugin.pool.run(work.token, child, tell)
    if isinstance(answer, Failure):
        return answer
    return Failure(**answer["failure"]) if "failure" in answer else answer


def _for_child(settings: Settings) -> dict[str, object]:
    """What a child may know: no passwords. Its compilers share the processors with those of the other children."""
    values: dict[str, object] = settings.model_dump(mode="json", exclude=_NOT_FOR_CHILDREN)
    values["lab_file"] = str(settings.lab_file.absolute())  # a child works in a folder of its own
    values["lease_folder"] = str(settings.lease_folder.absolute())
    values["jobs"] = max(1, settings.jobs // settings.workers)
    return values


def _worker() -> str:
    return f"{socket.gethostname()} {os.getpid()}"
