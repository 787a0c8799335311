"""`python -m profiler.service.verifier <model`: whether the bytes on standard input are a model this version can run.

A process of its own, with limits: whatever a file does to its reader, the service does not notice. The verdict is one
line of JSON: null, or what is wrong, a hint and the problem's code.
"""

from __future__ import annotations

import json
import resource
import sys

from profiler.errors import ModelError, ProfilerError
from profiler.graph.check import require_supported
from profiler.graph.tflite_reader import read

MEMORY_BYTES = 3 << 30
CPU_SECONDS = 60


def verdict(data: bytes) -> tuple[str, str | None, str] | None:
    """None for a sound model, else what is wrong with it, a hint, and the code of the problem."""
    try:
        require_supported(read(data))
    except ProfilerError as error:
        code = "model-damaged" if isinstance(error, ModelError) else "model-unsupported"
        return error.message, error.hint, code
    return None


def main() -> None:
    """Judge standard input."""
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    json.dump(verdict(sys.stdin.buffer.read()), sys.stdout)


if __name__ == "__main__":
    main()
