"""What the pipeline says while it works: one call per stage, timed by an injected clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

STAGES = ("read", "choose", "plan", "emit", "build", "run", "time", "measure", "check", "report")


@dataclass(slots=True, kw_only=True)
class Progress:
    """Calls `on_stage(name)` as each of STAGES begins and keeps how long each took, in seconds."""

    on_stage: Callable[[str], None] = lambda _name: None
    clock: Callable[[], float] = time.perf_counter
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Announce a stage and time its body."""
        self.on_stage(name)
        started = self.clock()
        yield
        self.seconds[name] = self.clock() - started
