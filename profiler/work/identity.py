"""What a task's result depends on, so that known results are found and the others computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from profiler import resources
from profiler.boards.loader import load_board
from profiler.errors import BoardError, SettingsError
from profiler.lab.attach import ATTACHED, SIMULATED
from profiler.pipeline import Options
from profiler.run.runners import EMULATOR
from profiler.store.codec import options_text
from profiler.store.model import ResultKey, result_key

_BOARD_FILE_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The address of a result, and what went into it."""

    key: ResultKey
    board_digest: str
    options_text: str
    board_file: str | None  # the text of a board file that does not come with the profiler


def identify(model_sha256: str, board: str, options: Options, engine_version: str) -> Identity:
    """Raises BoardError when there is no such board."""
    is_file = board.endswith(_BOARD_FILE_SUFFIX)
    digest = load_board(board).digest if is_file else _known_digest(board, _board_stamp(board))
    text = options_text(options)
    return Identity(
        key=result_key(
            model_sha256=model_sha256, board_digest=digest, options_text=text, engine_version=engine_version
        ),
        board_digest=digest,
        options_text=text,
        board_file=Path(board).read_text(encoding="utf-8") if is_file else None,
    )


def board_needed(board: str, options: Options) -> str | None:
    """What a task has to have for itself: `NAME` (any such board), `NAME:ALIAS`, or None where emulators do."""
    if options.on in (EMULATOR, SIMULATED):
        return None
    try:
        name = load_board(board).name if board.endswith(_BOARD_FILE_SUFFIX) else board
    except BoardError:
        return None  # it fails when it is begun, with this cause
    return name if options.on == ATTACHED else f"{name}:{options.on}"


def require_one_board(boards: Sequence[str], options: Options) -> None:
    """Raises SettingsError when several boards are to be the one that an alias names."""
    if options.on not in (EMULATOR, SIMULATED, ATTACHED) and len(boards) != 1:
        raise SettingsError(
            f"{options.on} is one board, but {len(boards)} were asked for",
            hint="ask for the one that it is, or run on `board`: any that is attached",
        )


@lru_cache(maxsize=1024)
def _known_digest(board: str, _stamp: tuple[int, ...]) -> str:
    return load_board(board).digest


def _board_stamp(board: str) -> tuple[int, ...]:
    """Changes when somebody edits the board's file or a core's: reading them each time takes milliseconds."""
    folder = resources.boards_folder()
    paths = [folder / f"{board}{_BOARD_FILE_SUFFIX}", *sorted((folder / "cores").iterdir())]
    return tuple(path.stat().st_mtime_ns for path in paths if path.exists())
