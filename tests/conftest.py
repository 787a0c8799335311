"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("patient", deadline=None)  # how long an example takes says how busy the machine is
settings.load_profile("patient")


def pytest_configure() -> None:
    """Ctrl-C interrupts tests and what they start, though a shell that runs them in the background ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
