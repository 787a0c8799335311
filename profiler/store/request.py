"""What a request must be before it is accepted."""

from __future__ import annotations

from pathlib import Path

from profiler.errors import StoreError
from profiler.store.model import JobRequest

MAXIMUM_NAME_CHARACTERS = 200
MAXIMUM_TAGS = 20
MAXIMUM_TAG_CHARACTERS = 100
MAXIMUM_BOARDS = 100
MAXIMUM_BOARD_CHARACTERS = 400


def check_request(request: JobRequest, model_path: Path) -> None:
    """Raises StoreError naming what is wrong."""
    if not model_path.is_file():
        raise StoreError(f"there is no model {request.model_sha256[:64]!r}", hint="send the model first")
    _check_text("the model's name", request.model_name, MAXIMUM_NAME_CHARACTERS)
    if not 1 <= len(request.boards) <= MAXIMUM_BOARDS:
        raise StoreError(f"{len(request.boards)} boards were asked for", hint=f"choose 1 to {MAXIMUM_BOARDS}")
    if len(set(request.boards)) != len(request.boards):
        raise StoreError("a board was asked for twice", hint="name each board once")
    for board in request.boards:
        _check_text("a board", board, MAXIMUM_BOARD_CHARACTERS)
    if len(request.tags) > MAXIMUM_TAGS:
        raise StoreError(f"there are {len(request.tags)} tags", hint=f"give at most {MAXIMUM_TAGS}")
    for tag in request.tags:
        _check_text("a tag", tag, MAXIMUM_TAG_CHARACTERS)


def _check_text(what: str, text: str, maximum: int) -> None:
    """Databases keep neither NUL nor half of a surrogate pair."""
    if not 1 <= len(text) <= maximum:
        raise StoreError(f"{what} has {len(text)} characters", hint=f"1 to {maximum} are possible")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise StoreError(f"{what} has characters that are no text: {text[:64]!r}", hint="leave them out")
