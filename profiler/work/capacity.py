"""How much may be in the air at once: enough that no worker waits, little enough that memory stays bounded."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from profiler.store.model import Failure, TaskId
from profiler.work.cluster import BOARD_RESOURCE, Cluster
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


class Capacity:
    """What the cluster's workers offer, looked up now and then."""

    def __init__(self, cluster: Cluster, patience_seconds: float) -> None:
        self._cluster = cluster
        self._patience_seconds = patience_seconds
        self._threads = 0
        self._boards: Counter[str] = Counter()
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
        what = "no worker" if board is None else f"no worker with an attached {board}"
        option = "" if board is None else f" --board {board}=1"
        return Failure(
            code=NO_WORKER,
            message=f"{what} was there for {self._patience_seconds:.0f} s",
            hint=f"start one: profiler worker --scheduler ADDRESS{option}",
        )

    def forget(self, task: TaskId) -> None:
        """The task has ended."""
        self._waiting_since.pop(task, None)

    def _look(self) -> None:
        if time.monotonic() - self._looked < _REFRESH_SECONDS:
            return
        workers = self._cluster.workers()
        self._threads = sum(worker["nthreads"] for worker in workers)
        self._boards = Counter()
        for worker in workers:
            for name, count in worker["resources"].items():
                if name.startswith(BOARD_RESOURCE):
                    self._boards[name.removeprefix(BOARD_RESOURCE)] += int(count)
        self._looked = time.monotonic()
