"""The attached boards of a worker's host: which jobs may use, and which of its tasks has which now."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from profiler.boards.loader import load_board
from profiler.errors import SettingsError
from profiler.lab.attach import ATTACHED, SIMULATED, is_simulated
from profiler.lab.discovery import attached_boards, same_port
from profiler.lab.lab_file import LabBoard, board_of, read_lab
from profiler.run.runners import EMULATOR, RENODE
from profiler.store.model import Failure
from profiler.work.failures import BOARD_BUSY, BOARD_UNREACHABLE

BOARD_RESOURCE = "board:"
SIMULATED_RESOURCE = "simulated:"
_NO_ALIASES = (EMULATOR, RENODE, SIMULATED, ATTACHED)
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A board of this host. Without an entry of the lab file it is found by its USB device."""

    board: str
    alias: str | None = None
    entry: LabBoard | None = None

    @property
    def is_simulated(self) -> bool:
        """Whether an emulator is behind its port."""
        return self.entry is not None and self.entry.port is not None and is_simulated(self.entry.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrowed:
    """A board that a task has for itself. `on` is for `Attachment`; `network`: its port is one of another host."""

    on: str
    network: bool


class BoardStock:
    """A task borrows a board and gives it back; two never have the same one. Other processes are kept off by leases."""

    def __init__(self, lab_file: Path, plugged: Mapping[str, int] | None = None) -> None:
        """`plugged`: how many of each board there are in all, those that the lab file does not name included.

        Raises SettingsError for a lab file that is wrong.
        """
        named = [
            Place(board=board_of(alias, entry).name, alias=alias, entry=entry)
            for alias, entry in read_lab(lab_file).items()
        ]
        for place in named:
            if place.alias in _NO_ALIASES:
                raise SettingsError(f"{lab_file}: {place.alias!r} means something else", hint="choose another alias")
        count = Counter(place.board for place in named)
        more = [Place(board=board) for board, total in (plugged or {}).items() for _ in range(total - count[board])]
        self._places = (*named, *more)
        self._taken: dict[int, str] = {}  # position → what it is taken by
        self._lock = threading.Lock()

    def resources(self) -> dict[str, float]:
        """As Dask has them: `board:NAME` so often as there are such, `board:NAME:ALIAS` once."""
        found: Counter[str] = Counter()
        for place in self._places:
            found[f"{BOARD_RESOURCE}{place.board}"] += 1
            if place.alias is not None:
                found[f"{BOARD_RESOURCE}{place.board}:{place.alias}"] += 1
                found[f"{SIMULATED_RESOURCE}{place.alias}"] += place.is_simulated
        return {name: float(count) for name, count in found.items() if count}

    @contextmanager
    def borrowed(
        self, needed: str, *, patience_seconds: float, is_stopped: Callable[[], bool] = lambda: False
    ) -> Iterator[Borrowed | Failure]:
        """A board that is `NAME` or `NAME:ALIAS`, plugged in and free; or why there is none within that time."""
        ends = time.monotonic() + patience_seconds
        while True:
            found = self._take(needed)
            if not isinstance(found, Failure) or time.monotonic() >= ends or is_stopped():
                break
            time.sleep(_LOOK_SECONDS)
        if isinstance(found, Failure):
            yield found
            return
        position, borrowed = found
        try:
            yield borrowed
        finally:
            with self._lock:
                del self._taken[position]

    def _take(self, needed: str) -> tuple[int, Borrowed] | Failure:
        board, _, alias = needed.partition(":")
        failure = Failure(
            code=BOARD_UNREACHABLE,
            message=f"{_called(board, alias)} is not plugged in",
            hint="plug it in and send the job again; `profiler boards --attached` on its host lists what is there",
        )
        with self._lock:
            for position, place in enumerate(self._places):
                if place.board != board or alias not in ("", place.alias):
                    continue
                if position in self._taken:
                    message = f"{_called(board, alias)} is in use by another job"
                    failure = Failure(code=BOARD_BUSY, message=message, hint="send the job again later")
                    continue
                on = self._found(place)
                if on is not None:
                    self._taken[position] = on
                    return position, Borrowed(on=on, network=_is_remote(place))
        return failure

    def _found(self, place: Place) -> str | None:
        """What an attachment calls it, when it is there."""
        if place.entry is not None and place.entry.port is not None:
            port = place.entry.port
            return place.alias if not port.startswith("/") or Path(port).exists() else None
        plugged = attached_boards(boards=[load_board(place.entry.board if place.entry else place.board)])
        if place.entry is not None:
            serial = place.entry.probe_serial
            return place.alias if any(serial in (None, each.probe_serial) for each in plugged) else None
        entries = [other.entry for other in self._places if other.entry is not None]
        spoken_for = {*self._taken.values(), *(entry.port for entry in entries if entry.port is not None)}
        serials = {entry.probe_serial for entry in entries} - {None}
        free = (
            each.port
            for each in plugged
            if each.probe_serial not in serials and not any(same_port(each.port, other) for other in spoken_for)
        )
        return next(free, None)


def _is_remote(place: Place) -> bool:
    return place.entry is not None and "://" in (place.entry.port or "")


def _called(board: str, alias: str) -> str:
    return f"the attached {board}" + (f" called {alias}" if alias else "")
