"""Which modules a command loads."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable


def modules_after(arguments: list[str], names: Iterable[str]) -> set[str]:
    """Those of `names` that are loaded when `profiler ARGUMENTS` is done, in a process of its own; it must succeed."""
    program = (
        "import sys; from profiler.cli.main import main\n"
        f"sys.argv = ['profiler', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as end:\n"
        "    if end.code: raise\n"
        f"print(*[name for name in {tuple(names)!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stdout.splitlines()[-1].split())
