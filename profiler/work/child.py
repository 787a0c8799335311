"""What a confined child does: the pipeline, on files in its folder, answered in a file there.

Imported by the process that forks children, so that they have it all loaded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from profiler import pipeline
from profiler.boards.loader import load_board
from profiler.errors import BoardError
from profiler.lab.attach import Attachment, attachment
from profiler.pipeline import Options
from profiler.progress import Progress
from profiler.report import serialize
from profiler.settings import Settings, load_settings
from profiler.store.codec import options_from_text
from profiler.work.failures import failure_of_error
from profiler.work.files import ANSWER_FILE, BOARD_FILE, MODEL_FILE, TASK_FILE
from profiler.work.isolation import Limits
from profiler.work.zygote import say


def build(folder: Path) -> None:
    """Model → firmware in the build cache."""
    _answered(folder, _build)


def profile(folder: Path) -> None:
    """Model → profile; the firmware is in the build cache."""
    _answered(folder, _profile)


def _answered(folder: Path, work: Callable[[Path, Mapping[str, Any]], Mapping[str, Any]]) -> None:
    task = json.loads((folder / TASK_FILE).read_bytes())
    try:
        answer = work(folder, task)
    except Exception as error:  # the parent tells it to the user
        answer = {"failure": asdict(failure_of_error(error, Limits(**task["limits"])))}
    (folder / ANSWER_FILE).write_text(json.dumps(answer), encoding="utf-8")


def _build(folder: Path, task: Mapping[str, Any]) -> Mapping[str, Any]:
    board, settings, progress = _board(folder, task), _settings(task), Progress(on_stage=_tell_stage)
    options, target = options_from_text(task["options_text"]), load_board(board)
    ready = pipeline.prepare(
        folder / MODEL_FILE, core=target.core, options=options, progress=progress, settings=settings
    )
    firmware = pipeline.build(ready, target, options=options, settings=settings, progress=progress)
    return {
        "build_digest": firmware.build_digest,
        "folder": str(firmware.elf_path.parent),
        "seconds": progress.seconds,
    }


def _profile(folder: Path, task: Mapping[str, Any]) -> Mapping[str, Any]:
    before: Mapping[str, float] = task["seconds"]

    def tell(stage: str) -> None:
        if stage not in before:
            _tell_stage(stage)

    options, settings = options_from_text(task["options_text"]), _settings(task)
    result = pipeline.profile(
        folder / MODEL_FILE,
        board=_board(folder, task),
        options=options,
        settings=settings,
        progress=Progress(on_stage=tell),
        on=_lent(task["on"], options, settings) if task["on"] is not None else None,
    )
    seconds = {**result.provenance.stage_seconds, **before}
    named = replace(
        result,
        model=replace(result.model, name=task["model_name"]),
        provenance=replace(result.provenance, stage_seconds=seconds),
    )
    return {"profile_json": serialize.to_json(named, indent=None), "seconds": seconds}


def _lent(on: str, options: Options, settings: Settings) -> Attachment:
    """The board that the worker lent to this task; somebody else on the host may be using it for a while."""
    return attachment(on, settings, repeat=options.repeat, lease_seconds=settings.board_patience_seconds)


def _board(folder: Path, task: Mapping[str, Any]) -> str:
    board = str(folder / BOARD_FILE) if (folder / BOARD_FILE).exists() else str(task["board"])
    if load_board(board).digest != task["board_digest"]:
        raise BoardError(
            f"this worker knows another {task['board']} than the engine does", hint="install the same version on both"
        )
    return board


def _settings(task: Mapping[str, Any]) -> Settings:
    return load_settings(**task["settings"])


def _tell_stage(stage: str) -> None:
    say({"stage": stage})
