"""Measurement files: what was measured, where, and how many cycles it took. TOML, JSON or CSV, one form."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from profiler.errors import SettingsError

MAXIMUM_FILE_BYTES = 1 << 22
_HINT = "docs/calibration.md shows a measurement file"
_LISTS = ("start",)  # in CSV, several texts separated by ";"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Measurement(_Table):
    """One measured execution. Exactly one of `model`, `firmware` and `microbenchmark` says of what."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    model: str | None = None  # a .tflite file beside the measurement file, or zoo:NAME
    optimize: Literal["O2", "O3", "Os"] = "O2"
    kernels: Literal["auto", "ref", "dsp"] = "auto"
    firmware: str | None = None  # an image; the region as for `profiler image`
    start: tuple[str, ...] = ()
    end: str = ""
    uart_script: str = ""
    prompt: str = ""
    microbenchmark: str | None = None
    cycles: Annotated[int, Field(gt=0, le=1 << 53)]
    held_out: bool = False  # judges the fit instead of deciding it

    @model_validator(mode="after")
    def _of_one_thing(self) -> Measurement:
        given = [key for key in ("model", "firmware", "microbenchmark") if getattr(self, key)]
        if len(given) != 1:
            raise ValueError("give exactly one of model, firmware and microbenchmark")
        if self.firmware and not (self.start and all(self.start) and self.end):
            raise ValueError("a firmware needs start and end: between which texts it was measured")
        return self


class MeasurementFile(_Table):
    """`provenance` says who measured, when, with what: it goes into the calibration."""

    provenance: Annotated[str, Field(min_length=8, max_length=400)]
    measurements: Annotated[tuple[Measurement, ...], Field(min_length=1, max_length=10_000)]


def read_measurements(path: Path) -> MeasurementFile:
    """The content of a `.toml`, `.json` or `.csv` file.

    In CSV each row is a measurement, its columns are their keys, and the file's name is the provenance. Raises
    SettingsError naming the file, the entry and what is wrong with it.
    """
    readers: dict[str, Callable[[str], Any]] = {
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".csv": lambda text: _csv(text, path),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SettingsError(f"{path} is no measurement file by its name", hint="call it .toml, .json or .csv")
    try:
        raw = path.read_bytes()
        if len(raw) > MAXIMUM_FILE_BYTES:
            raise SettingsError(f"{path} has {len(raw)} bytes; a measurement file has at most {MAXIMUM_FILE_BYTES}")
        file = MeasurementFile.model_validate(reader(raw.decode()))
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}", hint=_HINT) from error
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise SettingsError(f"{path}: {where}: {problem['msg'].removeprefix('Value error, ')}", hint=_HINT) from error
    except (ValueError, RecursionError, csv.Error) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint=_HINT) from error
    names = [measurement.name for measurement in file.measurements]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingsError(f"{path}: two measurements are called {twice[0]!r}", hint="give each a name of its own")
    return file


def _csv(text: str, path: Path) -> dict[str, object]:
    rows = csv.DictReader(io.StringIO(text), strict=True, restkey="more columns than the first row")
    entries = []
    for row in rows:
        entry: dict[str, Any] = {key: value for key, value in row.items() if value not in ("", None)}
        for key in _LISTS:
            if key in entry:
                entry[key] = tuple(entry[key].split(";"))
        entries.append(entry)
    return {"provenance": f"measurements of {path.name}", "measurements": entries}
