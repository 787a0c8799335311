"""`python -m profiler`."""

from __future__ import annotations

from profiler.cli.main import main

main()
