"""Board and core files → `Board` and `Core`. The only reader of `boards/`."""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from profiler.boards.model import (
    Board,
    Cache,
    Core,
    EmulatedRegister,
    FreeParameter,
    MemoryControl,
    MemoryRegion,
    Probe,
    Uart,
)
from profiler.boards.schema import BoardFile, CoreFile
from profiler.errors import BoardError, SettingsError
from profiler.resources import boards_folder
from profiler.words import listed

MAXIMUM_FILE_BYTES = 1 << 18
ALL_BOARDS = "all"
# No result depends on these.
_NOT_IN_DIGEST: dict[str, Any] = {
    "probe": {"flash", "probe_rs_chip", "uf2_family", "flash_command"},
    "memory_controls": {"__all__": {"maximum"}},
}

_File = TypeVar("_File", bound=BaseModel)


def board_names() -> tuple[str, ...]:
    """Names of the boards that come with the profiler, sorted."""
    return tuple(sorted(path.stem for path in boards_folder().glob("*.toml")))


def core_names() -> tuple[str, ...]:
    """Names of the cores a board file may name, sorted."""
    return tuple(sorted(path.stem for path in (boards_folder() / "cores").glob("*.toml")))


def find_boards(boards: Iterable[str]) -> list[str]:
    """The boards named in lists with commas, none twice; `all` is every built-in one. Raises BoardError, SettingsError
    when none is named."""
    names: dict[str, None] = {}
    for text in boards:
        for name in listed(text):
            for each in board_names() if name == ALL_BOARDS else (name,):
                load_board(each)
                names[each] = None
    if not names:
        raise SettingsError("no board was given", hint="give names of `profiler boards`, or all")
    return list(names)


def load_board(name_or_path: str | Path, *, calibration: bool | None = None) -> Board:
    """The board of that name, or the one described by the TOML file at that path (anything ending in `.toml`).

    A calibration beside the file is applied unless `calibration` is False or, when None, the setting of that name is.
    Raises BoardError: no such board (with the nearest names), a file that does not describe a board, or a calibration
    that is damaged or belongs to another definition of the board.
    """
    path = board_path(name_or_path)
    board = _board(_read(path, BoardFile))
    fitted = calibration_path(path, board.name)
    if calibration is False or not fitted.is_file():
        return board
    from profiler.boards.calibration import calibrated  # not above: few boards have one, and settings take a while
    from profiler.settings import load_settings

    wanted = load_settings().calibration if calibration is None else calibration
    return calibrated(board, fitted) if wanted else board


def board_path(name_or_path: str | Path) -> Path:
    """The file of a board, given as for `load_board`. Raises BoardError when no board has that name."""
    if str(name_or_path).endswith(".toml"):
        return Path(name_or_path)
    return boards_folder() / f"{_known(str(name_or_path), board_names(), 'board')}.toml"


def calibration_path(board_path: Path, name: str) -> Path:
    """Where the calibration of the board in a file lies."""
    return board_path.parent / "calibration" / f"{name}.toml"


def load_core(name: str) -> Core:
    """The core of that name. Raises BoardError when there is none."""
    path = boards_folder() / "cores" / f"{_known(name, core_names(), 'core')}.toml"
    file = _read(path, CoreFile)
    return Core(
        name=file.name,
        features=frozenset(file.features),
        gcc_flags=file.gcc_flags,
        unicorn_model=file.unicorn_model,
        source=file.source,
        shared_code_bus=file.shared_code_bus,
        notes=file.notes,
    )


def _known(name: str, choices: tuple[str, ...], what: str) -> str:
    if name in choices:
        return name
    near = difflib.get_close_matches(name.lower().replace("-", "_"), choices, n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(name.lower(), choices, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]}? " if near else ""
    raise BoardError(
        f"no {what} is called {name[:64]!r}",
        hint=f"{guess}choices: {', '.join(choices)}; or give the path of a .toml file of your own",
    )


def _read(path: Path, form: type[_File]) -> _File:
    """A validated file. Raises BoardError naming the file, the key and what is wrong with it."""
    try:
        return form.model_validate(file_values(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BoardError(f"{path} is not TOML: {error}", hint="docs/boards.md shows a whole board file") from error
    except ValidationError as error:
        raise BoardError(f"{path}: {_first_problem(error)}", hint="docs/boards.md explains every key") from error


def file_values(path: Path) -> dict[str, Any]:
    """The values of a board or core file; of one that `extends` a board, that board's with its own in their place.

    Raises BoardError as `_file_bytes` and for a board to extend that there is not; TOMLDecodeError, UnicodeDecodeError
    or RecursionError for what is not TOML.
    """
    values = tomllib.loads(_file_bytes(path).decode())
    base = values.pop("extends", None)
    if base is None:
        return values
    base_values = tomllib.loads(_file_bytes(board_path(_known(str(base), board_names(), "board"))).decode())
    if "extends" in base_values:
        raise BoardError(f"{base} extends another board itself", hint=f"extend {base_values['extends']}")
    return base_values | values


def _file_bytes(path: Path) -> bytes:
    """The content of a board or core file. Raises BoardError when it cannot be read or is far too large for one."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BoardError(f"cannot read {path}: {error.strerror}", hint="give the path of a board's .toml") from error
    if len(raw) > MAXIMUM_FILE_BYTES:
        raise BoardError(f"{path} has {len(raw)} bytes; a board file has at most {MAXIMUM_FILE_BYTES}")
    return raw


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    more = error.error_count() - 1
    return (f"{where}: " if where else "") + message + (f" (and {more} more)" if more else "")


def _board(file: BoardFile) -> Board:
    core = load_core(file.core)
    return Board(
        name=file.name,
        title=file.title,
        vendor=file.vendor,
        soc=file.soc,
        core=core,
        clock_hz=file.clock.hz,
        memories=tuple(MemoryRegion(**memory.model_dump()) for memory in file.memories),
        caches=tuple(Cache(**cache.model_dump()) for cache in file.caches),
        uart=Uart(**file.uart.model_dump()),
        probe=Probe(**file.probe.model_dump(exclude={"source"})),
        bsp_family=file.bsp_family,
        peripheral_ranges=tuple((table.address, table.size_bytes) for table in file.peripherals),
        emulated_registers=tuple(
            EmulatedRegister(**register.model_dump(exclude={"source"})) for register in file.emulated_registers
        ),
        memory_controls=tuple(MemoryControl(**control.model_dump()) for control in file.memory_controls),
        free_parameters=tuple(FreeParameter(**parameter.model_dump()) for parameter in file.free_parameters),
        vector_table_offset_bytes=file.vector_table_offset_bytes,
        sources=(
            f"clock: {file.clock.description} ({file.clock.source})",
            f"probe: {file.probe.source}",
            *file.sources,
        ),
        notes=file.notes,
        digest=_digest(file, core),
    )


def _digest(file: BoardFile, core: Core) -> str:
    """SHA-256 of every value of the board and its core; layout and comments of the files do not matter."""
    values = {
        "board": file.model_dump(mode="json", exclude=_NOT_IN_DIGEST),
        "core": {
            "name": core.name,
            "features": sorted(core.features),
            "gcc_flags": core.gcc_flags,
            "unicorn_model": core.unicorn_model,
            "shared_code_bus": core.shared_code_bus,
        },
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
