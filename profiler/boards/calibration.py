"""Fitted numbers of a board: `calibration/<board>.toml` beside the board's file, and how they reach the `Board`.

The rule: a calibration that lies there applies to every load of the board, unless the setting `calibration` is off. It
belongs to the definition it was fitted for: when a number that decides cycles was changed since, loading is refused
rather than applying values that compensated for something else.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pydantic
import tomli_w
from pydantic import Field

from profiler.boards.model import Board, Calibration, FittedParameter, FreeParameter
from profiler.boards.schema import Name, ParameterField, Source, Table
from profiler.errors import BoardError
from profiler.output import write_output

MAXIMUM_FILE_BYTES = 1 << 20
_AGAIN = "run `profiler calibrate` again, delete the file, or set PROFILER_CALIBRATION=false"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=100)]


class FittedTable(Table):
    """One parameter; without a standard error where the fit cannot tell it."""

    name: Name
    fields: Annotated[tuple[ParameterField, ...], Field(strict=False, min_length=1)]
    value: float
    initial: float
    low: float
    high: float
    standard_error: Annotated[float, Field(ge=0)] | None = None

    @pydantic.model_validator(mode="after")
    def _within_its_bounds(self) -> FittedTable:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"{self.name} = {self.value:g} is outside of its bounds {self.low:g} to {self.high:g}")
        return self


class PointTable(Table):
    """One measurement, with the model's cycles before and after; `digest` is of the firmware that was measured."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    fitted: bool
    digest: Digest
    measured_cycles: Annotated[int, Field(gt=0)]
    cycles_before: Annotated[int, Field(gt=0)]
    cycles_after: Annotated[int, Field(gt=0)]


class CalibrationFile(Table):
    """calibration/<board>.toml."""

    board: Name
    definition_digest: Digest  # of the numbers of the board's file that decide cycles
    date: datetime.date
    provenance: Source
    engine: Annotated[str, Field(min_length=1, max_length=200)]
    mean_error_before: Fraction
    mean_error_after: Fraction
    parameters: Annotated[tuple[FittedTable, ...], Field(strict=False, min_length=1)]
    points: Annotated[tuple[PointTable, ...], Field(strict=False, min_length=1)]


def write_calibration(path: Path, file: CalibrationFile) -> None:
    """Write the file, as a whole or not at all. Raises SettingsError."""
    values = file.model_dump(mode="python", exclude_none=True)
    write_output(path, "# Written by `profiler calibrate`; not to be edited.\n" + tomli_w.dumps(values))


def read_calibration(path: Path) -> CalibrationFile:
    """The file's content. Raises BoardError naming the file, the key and what is wrong with it."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAXIMUM_FILE_BYTES:
            raise BoardError(f"{path} has {len(raw)} bytes; a calibration has at most {MAXIMUM_FILE_BYTES}")
        return CalibrationFile.model_validate(tomllib.loads(raw.decode()))
    except OSError as error:
        raise BoardError(f"cannot read the calibration {path}: {error.strerror}", hint=_AGAIN) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BoardError(f"the calibration {path} is not TOML: {error}", hint=_AGAIN) from error
    except pydantic.ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        raise BoardError(f"the calibration {path}: {where}: {message}", hint=_AGAIN) from error


def calibrated(board: Board, path: Path) -> Board:
    """The board with the values of a calibration, and with another digest.

    Raises BoardError: a damaged file, one of another board or definition, or of parameters the board does not declare.
    """
    file = read_calibration(path)
    if file.board != board.name:
        raise BoardError(f"the calibration {path} is of board {file.board}, not {board.name}", hint=_AGAIN)
    if file.definition_digest != definition_digest(board):
        raise BoardError(
            f"the calibration {path} was fitted for another definition of {board.name}: core, clock, memories, caches "
            "or free parameters changed since",
            hint=_AGAIN,
        )
    fitted = tuple(FittedParameter(**dict(table)) for table in file.parameters)
    values = {parameter.name: parameter.value for parameter in fitted}
    changed = with_parameters(board, board.free_parameters, values)
    record = Calibration(
        date=file.date.isoformat(),
        provenance=file.provenance,
        engine=file.engine,
        parameters=fitted,
        points=sum(point.fitted for point in file.points),
        mean_error_before=file.mean_error_before,
        mean_error_after=file.mean_error_after,
        path=f"calibration/{path.name}",
    )
    digest = hashlib.sha256(f"{board.digest} {sorted(values.items())}".encode()).hexdigest()
    return replace(changed, calibration=record, digest=digest)


def definition_digest(board: Board) -> str:
    """SHA-256 of what a fit depends on in a board without calibration; sources, probes and the like do not count."""
    values: list[Any] = [
        board.core.name,
        board.clock_hz,
        [(memory.name, *_numbers(memory)) for memory in board.memories],
        [(cache.name, *_numbers(cache)) for cache in board.caches],
        [(parameter.name, parameter.fields, parameter.low, parameter.high) for parameter in board.free_parameters],
    ]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


_PLACE = ("name", "source", "aliases", "regions", "priority", "kind", "address", "size_bytes")


def _numbers(entry: object) -> list[str]:
    fields = sorted(entry.__dataclass_fields__)  # type: ignore[attr-defined]
    size = [f"size_bytes={getattr(entry, 'size_bytes', 0)}"]
    return size + [f"{field}={getattr(entry, field)}" for field in fields if field not in _PLACE]


def with_parameters(board: Board, declared: Iterable[FreeParameter], values: Mapping[str, float]) -> Board:
    """The board with free parameters set by name; its digest stays: callers decide whether it is another board.

    Whole numbers stay whole where the field is one. Raises BoardError for a parameter that is not declared.
    """
    fields = {parameter.name: parameter.fields for parameter in declared}
    unknown = sorted(values.keys() - fields.keys())
    if unknown:
        known = ", ".join(fields) or "none"
        raise BoardError(f"{board.name} has no free parameter {unknown[0]!r}", hint=f"it declares: {known}")
    set_to = {path: value for name, value in values.items() for path in fields[name]}
    return replace(
        board,
        memories=tuple(_set(memory, "memories", set_to) for memory in board.memories),
        caches=tuple(_set(cache, "caches", set_to) for cache in board.caches),
    )


def field_value(board: Board, path: str) -> float:
    """The number that a field of a free parameter has now."""
    table, owner, key = path.split(".")
    entries = {entry.name: entry for entry in getattr(board, table)}
    return float(getattr(entries[owner], key))


def is_whole(path: str) -> bool:
    """Whether a field holds whole cycles."""
    return path.endswith("_cycles")


def _set(entry: Any, table: str, set_to: Mapping[str, float]) -> Any:
    keys = {
        path.rpartition(".")[2]: value for path, value in set_to.items() if path.startswith(f"{table}.{entry.name}.")
    }
    whole = {key: int(value) if is_whole(key) and float(value).is_integer() else value for key, value in keys.items()}
    return replace(entry, **whole) if whole else entry
