"""How long `profiler run` takes: cold, with other inputs, on another board, from the cache, and with an HTML page.

Each figure is the wall time of a fresh process; ratios are against the cold run of the same invocation.

    python benchmarks/time_to_report.py [MODEL] [--board BOARD] [--other-board BOARD]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time


def _seconds(arguments: list[str], cache: str) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "profiler", "run", *arguments, "--quiet"],
        env={**os.environ, "PROFILER_CACHE_FOLDER": cache},
        check=True,
    )
    return time.perf_counter() - started


def main() -> None:
    """Print one line per situation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="zoo:kws")
    parser.add_argument("--board", default="nucleo_l4r5zi")
    parser.add_argument("--other-board", default="stm32f4_discovery")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        same = [chosen.model, "--board", chosen.board]
        situations = (
            ("cold, empty cache", same),
            ("same again, from the cache", same),
            ("same, with the HTML page", [*same, "--output", cache, "--format", "html"]),
            ("other inputs (--seed 1)", [*same, "--seed", "1"]),
            ("other board", [chosen.model, "--board", chosen.other_board]),
            ("other board again", [chosen.model, "--board", chosen.other_board]),
        )
        cold = None
        print(f"{chosen.model} on {chosen.board}, other board {chosen.other_board}")
        for title, arguments in situations:
            seconds = _seconds(arguments, cache)
            cold = cold or seconds
            print(f"{title:<30} {seconds:6.2f} s   {seconds / cold:5.2f} × cold")


if __name__ == "__main__":
    main()
