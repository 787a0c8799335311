"""How much may be in the air at once: enough that no worker waits, little enough that memory stays bounded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from profiler.store.model import Failure, TaskId
from profiler.work.boards import BOARD_RESOURCE, SIMULATED_RESOURCE
from profiler.work.cluster import Cluster
from profiler.work.flight import Flight

NO_WORKER = "no_worker"
_PER_THREAD = 2  # one works, one is ready: its successor must not wait for the engine
_PER_BOARD = 2
_REFRESH_SECONDS = 2.0


@dataclass(slots=True)
class Room:
    """What may still be begun: tasks without a board, and for each board."""

    total: int
    boards: Counter[str] = field(default_factory=Counter)

    @property
    def is_left(self) -> bool:
        """Whether anything may be begun."""
        return self.total > 0 or any(count > 0 for count in self.boards.values())

    def give_back(self, board: str | None) -> None:
        """What was taken for one task is free again."""
        if board is None:
            self.total += 1
        else:
            self.boards[board] += 1

    def take(self, board: str | None) -> bool:
        """Uses up room for one task; False when there is none."""
        left = self.total if board is None else self.boards[board]
        if left <= 0:
            return False
        if board is None:
            self.total -= 1
        else:
            self.boards[board] -= 1
        return True


def worker_with(board: str | None) -> str:
    """That there is none, for people. `board`: as `board_needed` says."""
    if board is None:
        return "no worker"
    name, _, alias = board.partition(":")
    return f"no worker with an attached {name}" + (f" called {alias}" if alias else "")


def _how_to_start(board: str | None) -> str:
    start = "start one: profiler worker --scheduler ADDRESS"
    if board is None:
        return start
    name, _, alias = board.partition(":")
    if alias:
        return f"{start} --lab FILE, on the host whose lab file has [boards.{alias}]"
    return f"{start} --board {name}=1, on the host where it is plugged in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A board that jobs may ask for: any of that name, or (with an alias) a certain one."""

    board: str
    alias: str | None
    simulated: bool  # an emulator behind a port: nothing is measured on it

    @property
    def needed(self) -> str:
        """As `board_needed` has it."""
        return f"{self.board}:{self.alias}" if self.alias else self.board


def _boards_of(offered: Counter[str]) -> list[str]:
    return [name.removeprefix(BOARD_RESOURCE) for name in offered if name.startswith(BOARD_RESOURCE)]


def _attached(offered: Counter[str], name: str) -> Attached:
    board, _, alias = name.partition(":")
    aliases = (
        [alias] if alias else [each.partition(":")[2] for each in _boards_of(offered) if each.startswith(f"{board}:")]
    )
    simulated = sum(offered[SIMULATED_RESOURCE + each] for each in aliases)
    return Attached(board=board, alias=alias or None, simulated=simulated >= offered[BOARD_RESOURCE + name])


class Capacity:
    """What the cluster's workers offer, looked up now and then."""

    def __init__(self, cluster: Cluster, patience_seconds: float) -> None:
        self._cluster = cluster
        self._patience_seconds = patience_seconds
        self._threads = 0
        self._boards: Counter[str] = Counter()
        self._attached: tuple[Attached, ...] = ()
        self._looked = -_REFRESH_SECONDS
        self._waiting_since: dict[TaskId, float] = {}

    def room(self, flights: Sequence[Flight]) -> Room:
        """Room beside what is in the air."""
        self._look()
        used = Counter(flight.board_needed for flight in flights)
        boards = Counter({board: count * _PER_BOARD - used[board] for board, count in self._boards.items()})
        return Room(total=max(1, self._threads * _PER_THREAD) - used[None], boards=boards)

    def verdict(self, task: TaskId, board: str | None) -> Failure | None:
        """Why the task will not be begun: no worker that could has been there for as long as patience lasts."""
        if self._threads and (board is None or self._boards[board]):
            self._waiting_since.pop(task, None)
            return None
        since = self._waiting_since.setdefault(task, time.monotonic())
        if time.monotonic() - since < self._patience_seconds:
            return None
        return Failure(
            code=NO_WORKER,
            message=f"{worker_with(board)} was there for {self._patience_seconds:.0f} s",
            hint=_how_to_start(board),
        )

    def attached(self) -> tuple[Attached, ...]:
        """What the workers said last. May be called from any thread."""
        return self._attached

    def forget(self, task: TaskId) -> None:
        """The task has ended."""
        self._waiting_since.pop(task, None)

    def _look(self) -> None:
        if time.monotonic() - self._looked < _REFRESH_SECONDS:
            return
        workers = self._cluster.workers()
        self._threads = sum(worker["nthreads"] for worker in workers)
        offered: Counter[str] = Counter()
        for worker in workers:
            offered.update({name: int(count) for name, count in worker["resources"].items()})
        self._boards = Counter({name: offered[BOARD_RESOURCE + name] for name in _boards_of(offered)})
        self._attached = tuple(_attached(offered, name) for name in sorted(self._boards) if self._boards[name])
        self._looked = time.monotonic()
