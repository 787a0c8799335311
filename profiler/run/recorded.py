"""A runner that replays a saved run: for tests, and for reports of runs that happened elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import RunError
from profiler.run.model import RunResult
from profiler.run.serialize import from_json


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRunner:
    """Answers every run with `result`, as long as as many input sets are asked for as it holds outputs of."""

    result: RunResult

    @classmethod
    def from_file(cls, path: Path) -> RecordedRunner:
        """Raises RunError when the file cannot be read or is no saved run."""
        try:
            return cls(result=from_json(path.read_bytes()))
        except OSError as error:
            raise RunError(f"the recorded run {path} cannot be read: {error.strerror}") from error

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:  # noqa: ARG002
        """See Runner.run; firmware and board are what the recording was made with, which it cannot check."""
        if len(inputs) != len(self.result.outputs):
            raise RunError(
                f"the recording holds {len(self.result.outputs)} input sets, but {len(inputs)} were asked for",
                hint="record the run again with the same inputs",
            )
        return self.result
