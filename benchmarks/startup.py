"""How long commands take to start that need no TensorFlow, and what TensorFlow costs those that do.

    python benchmarks/startup.py [--repeat 5]

Prints the least of several runs, in seconds of wall clock: other work on the machine only adds.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

COMMANDS = {
    "profiler --version": ["-m", "profiler", "--version"],
    "profiler --help": ["-m", "profiler", "--help"],
    "profiler zoo": ["-m", "profiler", "zoo"],
    "profiler boards": ["-m", "profiler", "boards"],
    "profiler inspect zoo:kws": ["-m", "profiler", "inspect", "zoo:kws"],
    "profiler compare --help": ["-m", "profiler", "compare", "--help"],
    "import profiler": ["-c", "import profiler"],
    "import tensorflow": ["-c", "import tensorflow"],
}


def seconds(arguments: list[str], repeat: int) -> float | None:
    """The least of `repeat` runs; None when the command fails, as without TensorFlow."""
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        done = subprocess.run([sys.executable, *arguments], capture_output=True, check=False)
        times.append(time.perf_counter() - started)
        if done.returncode != 0:
            return None
    return min(times)


def main() -> None:
    """Print one line a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat = parser.parse_args().repeat
    for name, arguments in COMMANDS.items():
        least = seconds(arguments, repeat)
        print(f"{name:<26} {'failed' if least is None else f'{least:.2f} s'}")


if __name__ == "__main__":
    main()
