"""How long commands take to start that need no TensorFlow, and what TensorFlow costs those that do.

    python benchmarks/startup.py [--repeat 5]

Prints the least of several runs, in seconds: of wall clock, which other work on the machine only adds to, and of the
processor, which tells what a command costs on a busy machine. What builds and runs a firmware is run once before, so
that it comes from the cache. Nothing is judged: a limit would fail on a machine that is slow or busy.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from profiler.cli.main import COMMANDS
from profiler.resources import report_assets_folder

SAVED = str(report_assets_folder() / "samples" / "kws-nucleo_l4r5zi.json")
BOARD = ("--board", "nucleo_l4r5zi")
SHORT = (
    ("--version",),
    ("--help",),
    ("zoo",),
    ("schema",),
    ("boards",),
    ("boards", "nucleo_l4r5zi"),
    ("boards", "check", "nucleo_l4r5zi"),
    ("inspect", "zoo:kws"),
    ("diff", SAVED, SAVED),
    ("gate", "--profile", SAVED, "--limit", "max_flash=1 MiB"),
    ("export", "zoo:kws", "--format", "tflite", "--output", "copy.tflite"),
)
CACHED = (
    ("run", "zoo:kws", *BOARD, "--quiet"),
    ("explain", "zoo:kws", *BOARD),
    ("gate", "zoo:kws", *BOARD, "--limit", "max_flash=1 MiB"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The least of several runs."""

    wall_seconds: float
    processor_seconds: float


def cost(arguments: list[str], folder: str, repeat: int) -> Cost | None:
    """Of Python with these arguments, run in a folder; None when it fails, as without TensorFlow."""
    costs = []
    for _ in range(repeat):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, check=False)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            return None
        costs.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return Cost(wall_seconds=min(wall for wall, _ in costs), processor_seconds=min(used for _, used in costs))


def main() -> None:
    """Print one line a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    helps = [(name, "--help") for name in COMMANDS]
    with tempfile.TemporaryDirectory() as folder:

        def tell(title: str, arguments: list[str]) -> None:
            least = cost(arguments, folder, repeat)
            told = f"{least.wall_seconds:5.2f} s {least.processor_seconds:9.2f} s" if least else "failed"
            print(f"{title:<66} {told}", flush=True)

        print(f"{'':<66} {'wall':>7} {'processor':>11}")
        for command in (*SHORT, *helps, *CACHED):
            if command in CACHED:
                cost(["-m", "profiler", *command], folder, 1)
            tell(" ".join(("profiler", *command)).replace(SAVED, "SAVED.json"), ["-m", "profiler", *command])
        tell("import profiler", ["-c", "import profiler"])
        tell("import tensorflow", ["-c", "import tensorflow"])


if __name__ == "__main__":
    main()
