"""A gate for continuous integration: fails when flash, RAM or latency grew beyond a budget.

    profiler run model.tflite --board nucleo_l4r5zi --json > profile.json
    python examples/ci_gate.py profile.json --flash-kib 64 --ram-kib 16 --latency-ms 60
    python examples/ci_gate.py profile.json --baseline last_release.json --growth-percent 2

Exit codes: 0 within all budgets, 1 over a budget, 2 nothing could be said. Needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

# What is budgeted: name, figure in the report's summary, how many of its units make one of the budget's.
BUDGETED = (("flash-kib", "flash_bytes", 1024), ("ram-kib", "ram_bytes", 1024), ("latency-ms", "latency_ms", 1))


def figure(report: Path, name: str) -> float:
    """A figure of the summary; ends the program when there is none.

    A modelled latency is compared by its value: the model's error is the same before and after a change. For a hard
    deadline, take `high` instead of `value`.
    """
    try:
        found = json.loads(report.read_text(encoding="utf-8"))["summary"][name]
    except (OSError, ValueError, LookupError, TypeError) as error:
        print(f"error: {report} is no saved profile: {error}", file=sys.stderr)
        sys.exit(2)
    if "value" not in found:
        print(f"error: {report}: {name} is unavailable: {found['reason']}", file=sys.stderr)
        sys.exit(2)
    return float(found["value"])


def main() -> int:
    """Compare every budgeted figure and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    for budget, _, _ in BUDGETED:
        parser.add_argument(f"--{budget}", type=float)
    parser.add_argument("--baseline", type=Path, help="an earlier report of the same model and board")
    parser.add_argument("--growth-percent", type=float, default=0.0)
    chosen = parser.parse_args()

    limits = []
    for budget, name, unit in BUDGETED:
        limit = getattr(chosen, budget.replace("-", "_"))
        if limit is not None:
            limits.append((name, limit * unit, "budget"))
        if chosen.baseline is not None:
            allowed = figure(chosen.baseline, name) * (1 + chosen.growth_percent / 100)
            limits.append((name, allowed, f"baseline + {chosen.growth_percent:g} %"))
    if not limits:
        parser.error("give a budget or a baseline")

    over = 0
    for name, limit, what in limits:
        value = figure(chosen.report, name)
        over += value > limit
        print(f"{'OVER' if value > limit else 'ok':<5} {name:<12} {value:>12,.2f}   {what} {limit:,.2f}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
