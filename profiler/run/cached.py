"""A runner that runs each firmware on each set of inputs once, and then answers from disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.cache import ContentCache, counted, digest_of
from profiler.build.model import Firmware
from profiler.run.model import Runner, RunResult
from profiler.run.serialize import from_json, to_json
from profiler.version import VERSION

_FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedRunner:
    """Answers are addressed by firmware, board, inputs, this version and the code of the runners.

    Runs are deterministic, so an answer from disk is the answer; a failed run is not kept. `variant` tells runners
    apart that answer differently.
    """

    runner: Runner
    cache_folder: Path
    variant: str = ""

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        """See Runner.run."""
        digest = digest_of(VERSION, _code_digest(), self.variant, firmware.build_digest, board.digest, *counted(inputs))
        store = ContentCache(self.cache_folder)
        fresh: list[RunResult] = []

        def make(folder: Path) -> None:
            fresh.append(self.runner.run(firmware, board, inputs))
            (folder / _FILE).write_bytes(to_json(fresh[0]))

        path = store.entry("runs", digest, make) / _FILE
        return fresh[0] if fresh else from_json(path.read_bytes())


@cache
def _code_digest() -> str:
    """Digest of this package with the tracer as built: other code may count differently."""
    files = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", *EXTENSION_SUFFIXES))
    return digest_of(*(part for path in files for part in (path.name, path.read_bytes())))
