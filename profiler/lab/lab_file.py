"""The lab file: boards by alias, with where they are and how to reach them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from profiler.boards.loader import load_board
from profiler.boards.model import Board
from profiler.errors import BoardError, SettingsError

ALIAS_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
_MAXIMUM_FILE_BYTES = 1 << 20

Text = Annotated[str, Field(min_length=1, max_length=400)]


class LabBoard(BaseModel):
    """One table `[boards.ALIAS]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    board: Text
    """Name of `profiler boards`, or the path of a board file: from the lab file's folder on, when it is relative."""

    port: Text | None = None
    """A device, or a URL as pyserial has them; found by `probe_serial`, or by the board's USB IDs, when left out."""

    probe_serial: Text | None = None
    """Serial number of the debug probe."""

    location: Text = "unknown"
    """For people: rack, shelf, room."""

    flash: Text | None = None
    """How to flash it, as `profiler run --flash`; the first of the board file's ways when left out."""


class LabFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    boards: dict[Annotated[str, Field(pattern=ALIAS_PATTERN)], LabBoard] = Field(default_factory=dict)


def read_lab(path: Path) -> dict[str, LabBoard]:
    """Boards by alias; none when there is no file. Paths of board files are from here on, wherever that is.

    Raises SettingsError naming the key and what is wrong with it.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"the lab file {path} cannot be read: {error.strerror}") from error
    if len(raw) > _MAXIMUM_FILE_BYTES:
        raise SettingsError(f"the lab file {path} has {len(raw):,} bytes; that is no lab file")
    try:
        boards = LabFile.model_validate(tomllib.loads(raw.decode())).boards
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the lab file {path} is not TOML: {error}", hint="docs/hardware.md shows one") from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise SettingsError(
            f"the lab file {path}: {where}: {problem['msg']}", hint="docs/hardware.md explains every key"
        ) from error
    return {
        alias: entry.model_copy(update={"board": _from(path.parent, entry.board)}) for alias, entry in boards.items()
    }


def _from(folder: Path, board: str) -> str:
    return str(folder / board) if board.endswith(".toml") else board


def board_of(alias: str, entry: LabBoard) -> Board:
    """What stands there. Raises SettingsError, with the alias, when there is no such board or its file is wrong."""
    try:
        return load_board(entry.board)
    except BoardError as error:
        raise SettingsError(f"{alias} of the lab file: {error.message}", hint=error.hint) from error
