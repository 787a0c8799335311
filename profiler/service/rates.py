"""How many requests a caller may send: the moving window of the `limits` library, in this process's memory.

The window counts the requests of the last second, minute or hour, whatever the clock shows. Windows that follow the
clock let a caller have more at the full hour: what they spent just before it no longer counts in full.
"""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from profiler.errors import SettingsError
from profiler.service.problems import ProblemError


class Rates:
    """One limit for all requests of a caller, and a second one for those that start work."""

    def __init__(self, *, read: str, submit: str) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits = {"read": _parsed("read_rate", read), "submit": _parsed("submit_rate", submit)}

    def spend(self, what: str, caller: str) -> None:
        """Count a request of `caller` (an API key's id, or an address). Raises ProblemError `rate-limited`."""
        limit = self._limits[what]
        if limit is None or self._limiter.hit(limit, what, caller):
            return
        reset = self._limiter.get_window_stats(limit, what, caller).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise ProblemError(
            code="rate-limited",
            detail=f"more than {limit.amount} {what} requests in {limit.get_expiry()} seconds",
            hint=f"wait {wait} seconds, or raise service.{what}_rate",
            headers={"Retry-After": str(wait)},
        )


def _parsed(name: str, text: str) -> RateLimitItem | None:
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise SettingsError(
            f"setting 'service.{name}': {text!r} is no rate", hint="write it as 100/minute, 5/second or 1000/hour"
        ) from error
