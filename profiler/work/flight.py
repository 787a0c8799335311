"""Work in the air: one computation, and the tasks of jobs that wait for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from profiler.pipeline import Options
from profiler.store.model import ResultKey, TaskId
from profiler.work.work import Work

if TYPE_CHECKING:
    from distributed import Future


@dataclass(slots=True, kw_only=True)
class Flight:
    """Jobs that ask for the same at the same time share one computation. Touched by the dispatching thread alone."""

    key: ResultKey
    work: Work
    options: Options
    board_needed: str | None
    tasks: dict[TaskId, int] = field(default_factory=dict)  # attempt of each
    futures: tuple[Future[Any], ...] = ()

    def release(self) -> None:
        """Lets the workers forget what it left in their memory, and what of it did not begin."""
        for future in self.futures:
            future.cancel()
        self.futures = ()
