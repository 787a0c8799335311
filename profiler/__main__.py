"""`profiler` and `python -m profiler`: where the program begins."""

from __future__ import annotations

import signal


def start() -> None:
    """Load the program and run it. Ctrl-C while it loads ends it there, without a traceback from inside an import."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not ignored, as behind nohup
    if interruptible:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from profiler.cli.main import main

    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


if __name__ == "__main__":
    start()
