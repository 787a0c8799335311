"""What an export is asked for, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from profiler.build.model import Optimization


class ExportFormat(StrEnum):
    """What can be written, in the order that messages and the reference list them; rows in export/formats.py."""

    CPP_LIBRARY = "cpp-library"
    TFLITE = "tflite"
    SAVED_MODEL = "saved-model"
    FIRMWARE = "firmware"


class ArenaPlace(StrEnum):
    """Who owns a library's arena."""

    STATIC = "static"  # the library, as an array of its own
    CALLER = "caller"  # the program, which hands it to every call


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """The choices of one export; None where the user made none, so that a choice without effect can be refused."""

    name: str | None = None
    core: str | None = None
    board: str | None = None
    kernels: str | None = None
    planner: str | None = None
    optimize: Optimization | None = None
    arena: ArenaPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """The files that were written, and what is worth saying about them."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()
