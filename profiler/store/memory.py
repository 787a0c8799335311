"""The results used last, in memory: an estimate that is known must not wait for a disk."""

from __future__ import annotations

import threading
from collections import OrderedDict

from profiler.store.model import Result

MAXIMUM_RESULTS = 256  # some 50 KiB each


class RecentResults:
    """Results by address, at most so many; the longest unused goes first. Results never change, so none is stale."""

    def __init__(self, maximum: int = MAXIMUM_RESULTS) -> None:
        self._maximum = maximum
        self._lock = threading.Lock()
        self._results: OrderedDict[str, Result] = OrderedDict()

    def get(self, key: str) -> Result | None:
        """The result, when it is here."""
        with self._lock:
            found = self._results.get(key)
            if found is not None:
                self._results.move_to_end(key)
            return found

    def put(self, result: Result) -> None:
        """Remembers a result."""
        with self._lock:
            self._results[result.key] = result
            self._results.move_to_end(result.key)
            if len(self._results) > self._maximum:
                self._results.popitem(last=False)
