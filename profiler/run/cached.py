"""A runner that runs each firmware on each set of inputs once, and then answers from disk."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.cache import ContentCache, digest_of
from profiler.build.model import Firmware
from profiler.errors import RunError
from profiler.run.model import Runner, RunResult
from profiler.run.serialize import from_json, to_json
from profiler.version import VERSION

_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedRunner:
    """Answers are addressed by firmware, board, inputs, this version and the emulator's native code.

    Runs are deterministic, so an answer from disk is the answer; a failed run is not kept.
    """

    runner: Runner
    cache_folder: Path

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        """See Runner.run."""
        sent: list[bytes | str] = []
        for input_set in inputs:
            sent += [str(len(input_set)), *input_set]
        digest = digest_of(VERSION, _native_code_digest(), firmware.build_digest, board.digest, *sent)
        store = ContentCache(self.cache_folder)
        fresh: list[RunResult] = []

        def make(folder: Path) -> None:
            fresh.append(self.runner.run(firmware, board, inputs))
            (folder / _FILE).write_bytes(to_json(fresh[0]))

        path = store.entry("runs", digest, make) / _FILE
        if fresh:
            return fresh[0]
        try:
            return from_json(path.read_bytes())
        except (OSError, RunError):  # damaged on disk: run again rather than fail
            return self.runner.run(firmware, board, inputs)


@cache
def _native_code_digest() -> str:
    """Digest of the tracer as built: another build may count differently."""
    spec = importlib.util.find_spec("profiler.run._tracer")
    return digest_of(Path(spec.origin).read_bytes()) if spec is not None and spec.origin else ""
