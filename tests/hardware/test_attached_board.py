"""A board on this desk: skipped with the reason where there is none.

PROFILER_TEST_BOARD=nucleo_l4r5zi PROFILER_TEST_ON=board pytest tests/hardware
"""

from __future__ import annotations

import os

import pytest

from profiler.boards.loader import load_board
from profiler.lab.attach import Attachment, run_on
from profiler.lab.discovery import attached_boards
from profiler.pipeline import Options, execute
from profiler.progress import Progress
from profiler.run.model import MeasuredRun
from profiler.settings import load_settings

BOARD, ON = os.environ.get("PROFILER_TEST_BOARD", ""), os.environ.get("PROFILER_TEST_ON", "board")

pytestmark = pytest.mark.skipif(not BOARD, reason="PROFILER_TEST_BOARD names no attached board")
REPEAT = 20


@pytest.fixture(scope="module", params=["zoo:kws", "zoo:ad"])
def measured(request: pytest.FixtureRequest) -> tuple[MeasuredRun, tuple[tuple[bytes, ...], ...]]:
    """A run on the board, and the embedded emulator's outputs."""
    settings = load_settings()
    done = execute(request.param, board=BOARD, options=Options(), settings=settings, progress=Progress())
    attachment = Attachment(
        on=ON, repeat=REPEAT, lab_file=settings.lab_file, lease_folder=settings.lease_folder, lease_seconds=60
    )
    place, run = run_on(attachment, done.firmware, done.board, done.inputs)
    assert place.silicon or ON != "board"
    return run, done.run.outputs


def test_outputs_are_the_emulators(measured: tuple[MeasuredRun, tuple[tuple[bytes, ...], ...]]) -> None:
    run, emulated = measured
    assert run.outputs == emulated


def test_cycles_repeat_and_layers_add_up(measured: tuple[MeasuredRun, tuple[tuple[bytes, ...], ...]]) -> None:
    run, _ = measured
    assert len(run.profile.cycles) == REPEAT
    assert max(run.profile.cycles) <= 1.05 * min(run.profile.cycles)
    layers = sum(layer.cycles[0] for layer in run.profile.layers)
    assert layers == pytest.approx(run.profile.cycles[0], rel=0.02)


def test_the_clock_is_the_board_files(measured: tuple[MeasuredRun, tuple[tuple[bytes, ...], ...]]) -> None:
    run, _ = measured
    assert run.clock is not None
    assert not run.clock.is_wrong, run.clock


def test_the_firmware_that_is_there_says_which_board_it_is(
    measured: tuple[MeasuredRun, tuple[tuple[bytes, ...], ...]],
) -> None:
    if ON != "board":
        pytest.skip("the board is not reached by its USB device")
    assert measured
    assert BOARD in [
        each.says for each in attached_boards(ask=load_settings().lease_folder, boards=[load_board(BOARD)])
    ]
