"""What a task's result depends on, so that known results are found and the others computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from profiler import resources
from profiler.boards.loader import load_board
from profiler.pipeline import Options
from profiler.store.codec import options_text
from profiler.store.model import ResultKey, result_key

_BOARD_FILE_SUFFIX = ".toml"
_ATTACHED = "board"


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
    """The attached board that a task has to have for itself; an emulated one needs none, and so far all are."""
    return board if getattr(options, "on", None) == _ATTACHED else None


@lru_cache(maxsize=1024)
def _known_digest(board: str, _stamp: tuple[int, ...]) -> str:
    return load_board(board).digest


def _board_stamp(board: str) -> tuple[int, ...]:
    """Changes when somebody edits the board's file or a core's: reading them each time takes milliseconds."""
    folder = resources.boards_folder()
    paths = [folder / f"{board}{_BOARD_FILE_SUFFIX}", *sorted((folder / "cores").iterdir())]
    return tuple(path.stat().st_mtime_ns for path in paths if path.exists())
