"""The rates of the service, with a clock of the test's own."""

from __future__ import annotations

import pytest

from profiler.service.problems import ProblemError
from profiler.service.rates import Rates

FULL_HOUR_S = 500_000 * 3600.0


def allowed_at(rates: Rates, monkeypatch: pytest.MonkeyPatch, *moments_s: float) -> list[bool]:
    """Whether a request at each of these moments (seconds from a full hour on) is allowed."""
    answers = []
    for moment_s in moments_s:
        monkeypatch.setattr("time.time", lambda moment_s=moment_s: FULL_HOUR_S + moment_s)
        try:
            rates.spend("submit", "key")
            answers.append(True)
        except ProblemError:
            answers.append(False)
    return answers


def test_a_full_hour_gives_nobody_more(monkeypatch):
    rates = Rates(read="", submit="2/hour")
    assert allowed_at(rates, monkeypatch, -0.2, -0.1, 0.1, 1800, 3599) == [True, True, False, False, False]
    assert allowed_at(rates, monkeypatch, 3599.85, 3599.95, 3600) == [True, True, False]


def test_who_waits_as_long_as_told_is_served(monkeypatch):
    rates = Rates(read="", submit="2/hour")
    allowed_at(rates, monkeypatch, 100, 700)
    monkeypatch.setattr("time.time", lambda: FULL_HOUR_S + 1000)
    with pytest.raises(ProblemError) as refusal:
        rates.spend("submit", "key")
    wait_s = int(refusal.value.headers["Retry-After"])
    assert wait_s == 2700
    assert allowed_at(rates, monkeypatch, 1000 + wait_s - 1, 1000 + wait_s + 0.1) == [False, True]
