"""The run cache: one run per firmware, board and inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from profiler.boards.loader import load_board
from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import RunError
from profiler.run.cached import CachedRunner
from profiler.run.model import ExecutionProfile, RunResult

BOARD = load_board("nucleo_l4r5zi")
FIRMWARE = Firmware(
    elf_path=Path("a.elf"),
    map_path=Path("a.map"),
    build_digest="d" * 64,
    toolchain="gcc",
    flags=(),
    sections=(),
    symbols=(),
)


@dataclass
class _CountingRunner:
    runs: list[object] = field(default_factory=list)
    fails: bool = False

    def run(self, firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]]) -> RunResult:
        self.runs.append((firmware, board, inputs))
        if self.fails:
            raise RunError("the board caught fire")
        return RunResult(
            runner="counting",
            outputs=tuple((data[0],) for data in inputs),
            profile=ExecutionProfile(layers=()),
            stack_high_water_bytes=100,
            emulated_instructions=1,
            wall_seconds=0.5,
            transcript="m-ready",
        )


def test_the_same_firmware_board_and_inputs_run_once(tmp_path: Path) -> None:
    inner = _CountingRunner()
    cached = CachedRunner(runner=inner, cache_folder=tmp_path)
    first = cached.run(FIRMWARE, BOARD, [[b"\x01\xff"]])
    assert cached.run(FIRMWARE, BOARD, [[b"\x01\xff"]]) == first
    assert len(inner.runs) == 1


@pytest.mark.parametrize(
    ("firmware", "board", "inputs"),
    [
        (replace(FIRMWARE, build_digest="e" * 64), BOARD, [[b"ab"]]),
        (FIRMWARE, replace(BOARD, digest="f" * 64), [[b"ab"]]),
        (FIRMWARE, BOARD, [[b"a"], [b"b"]]),
        (FIRMWARE, BOARD, [[b"a", b"b"]]),
    ],
)
def test_anything_else_runs_again(
    firmware: Firmware, board: Board, inputs: Sequence[Sequence[bytes]], tmp_path: Path
) -> None:
    inner = _CountingRunner()
    cached = CachedRunner(runner=inner, cache_folder=tmp_path)
    cached.run(FIRMWARE, BOARD, [[b"ab"]])
    cached.run(firmware, board, inputs)
    assert len(inner.runs) == 2


def test_a_damaged_entry_is_run_again(tmp_path: Path) -> None:
    inner = _CountingRunner()
    cached = CachedRunner(runner=inner, cache_folder=tmp_path)
    first = cached.run(FIRMWARE, BOARD, [[b"ab"]])
    (saved,) = tmp_path.rglob("run.json")
    saved.write_text(saved.read_text()[:-10])
    assert cached.run(FIRMWARE, BOARD, [[b"ab"]]) == first
    assert len(inner.runs) == 2


def test_a_failed_run_is_not_kept(tmp_path: Path) -> None:
    cached = CachedRunner(runner=_CountingRunner(fails=True), cache_folder=tmp_path)
    for _ in range(2):
        with pytest.raises(RunError, match="caught fire"):
            cached.run(FIRMWARE, BOARD, [[b"ab"]])
    assert not list(tmp_path.rglob("run.json"))
