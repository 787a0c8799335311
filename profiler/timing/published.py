"""Published latencies of firmware whose binaries were published too: `published/*.toml`."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from profiler.resources import package_folder

FITTED_ROUND = "v1.1"


class Role(StrEnum):
    """What a point says of the model: its free choices may have been set by fitted ones."""

    FITTED = "fitted"
    HELD_OUT = "held out"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPoint:
    """One measured inference; it ends when the firmware reads `end_register`, its timer, or prints `end_text`."""

    round: str
    organisation: str
    system: str
    board: str
    clock_hz: int
    task: str
    milliseconds: float
    path: str
    sha256: str
    end_register: int = 0
    end_text: str = ""
    flash_read_bytes: int = 0  # where an option byte makes it other than the board file's

    @property
    def measured_cycles(self) -> int:
        return round(self.milliseconds * self.clock_hz / 1e3)

    @property
    def role(self) -> Role:
        return Role.FITTED if self.round == FITTED_ROUND else Role.HELD_OUT


def published_points() -> tuple[PublishedPoint, ...]:
    """All points, in the order of the file."""
    path = package_folder() / "timing" / "published" / "mlperf_tiny.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        PublishedPoint(**point, **{key: value for key, value in submission.items() if key != "points"})
        for submission in table["submissions"]
        for point in submission["points"]
    )


def find_firmware(folder: Path, points: Iterable[PublishedPoint]) -> Mapping[str, Path]:
    """SHA-256 → file, of those files anywhere below `folder` that are a point's firmware, whatever their folders."""
    names = {Path(point.path).name for point in points}
    wanted = {point.sha256 for point in points}
    candidates = (path for path in sorted(folder.rglob("*")) if path.name in names and path.is_file())
    hashed = ((hashlib.sha256(path.read_bytes()).hexdigest(), path) for path in candidates)
    return {digest: path for digest, path in hashed if digest in wanted}
