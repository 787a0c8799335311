"""A board that is the emulator behind a pseudo-terminal, spoken to through the real serial library."""

from __future__ import annotations

import shutil
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.boards.memory_config import parse_memory_config
from profiler.boards.memory_controls import board_to_build
from profiler.boards.model import Board
from profiler.build.model import Firmware
from profiler.errors import LinkError, RunError
from profiler.graph.tflite_reader import read
from profiler.graph.zoo import resolve
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.run.board import BoardRunner
from profiler.run.link import Patience
from profiler.run.model import RunResult
from profiler.run.unicorn_runner import UnicornRunner
from profiler.settings import load_settings
from profiler.sim import board_sim
from profiler.sim.board_sim import BoardSim
from profiler.sim.faults import Faults
from tests.support.every_model_everywhere import BOARDS, compare, layer_cycles
from tests.support.firmware import firmware
from tests.support.small_models import convolution_model

pytestmark = pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed")

SMALL = convolution_model(height=3, channels=2)
HASTY = Patience(answer_seconds=0.15, busy_seconds=1.0, silent_attempts=6)
PATIENT = Patience(answer_seconds=10.0)
RUNS = 200
RESETS = range(100, 1300, 24)  # bytes that passed the line before; the whole conversation is about as long


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def small(cache: Path) -> tuple[Firmware, Board, list[list[bytes]], RunResult]:
    """A model of one small layer on a board, two input sets, and what the embedded emulator makes of them."""
    board = load_board("nucleo_l4r5zi")
    built = firmware(SMALL, cache)
    inputs = [list(each) for each in seeded_inputs(read(SMALL), 2, 0)]
    return built, board, inputs, UnicornRunner().run(built, board, inputs)


MODELS = {  # `python -m tests.support.every_model_everywhere` compares all of them on all boards
    "zoo:kws": BOARDS,
    "zoo:ad": ["raspberry_pi_pico"],
    "zoo:vww": ["nucleo_h7a3zi"],
    "zoo:kws_float32": ["disco_f746ng"],
}


@pytest.mark.parametrize(("model", "name"), [(model, name) for model, names in MODELS.items() for name in names])
def test_outputs_and_cycles_are_those_of_the_embedded_emulator(model: str, name: str, cache: Path) -> None:
    found = compare(model, load_board(name), cache)
    assert found.measured.outputs == found.emulated.outputs
    assert found.measured.profile.cycles == (sum(found.emulated_layers.values()),)
    layers = {layer.layer: layer.cycles for layer in found.measured.profile.layers}
    assert layers == {layer: (cycles,) for layer, cycles in found.around_layers.items()}
    assert found.equal
    for layer, cycles in found.around_layers.items():  # reading the counter displaces few lines from caches
        assert cycles == pytest.approx(found.emulated_layers[layer], rel=0.005, abs=200)
    reserved_bytes = found.emulated.stack_high_water_bytes - found.measured.stack_high_water_bytes  # but never written
    assert 0 <= reserved_bytes <= 8


@pytest.mark.parametrize("name", ["nucleo_l4r5zi", "disco_f746ng"])
def test_cycles_do_not_depend_on_what_was_said_before(name: str, cache: Path) -> None:
    board, data = load_board(name), resolve("zoo:ad").read_bytes()
    built = firmware(data, cache, name)
    inputs = seeded_inputs(read(data), 2, 0)
    expected = sum(layer_cycles(UnicornRunner().run(built, board, inputs), board, built).values())
    with BoardSim(board, faults=Faults(drop=0.001, garble=0.001, seed=4)) as sim:
        sim.flash(built.elf_path)
        measured = BoardRunner(url=sim.port, repeat=3, clock_seconds=0, patience=HASTY).run(built, board, inputs)
    assert measured.repeated_exchanges
    assert measured.profile.cycles == (expected,) * 3
    assert all(len(set(layer.cycles)) == 1 for layer in measured.profile.layers)


def test_a_simulated_board_has_its_memory_set_up_by_the_firmware_it_runs(cache: Path) -> None:
    board = load_board("nucleo_l4r5zi")
    slow = board_to_build(board, parse_memory_config(["icache=off,wait_states=9"]))
    ready = prepare(SMALL, core=board.core, options=Options(), progress=Progress())
    settings = load_settings().model_copy(update={"cache_folder": cache})
    built = build(ready, slow, options=Options(), settings=settings, progress=Progress())
    inputs = seeded_inputs(read(SMALL), 2, 0)
    modelled = layer_cycles(UnicornRunner().run(built, slow, inputs), slow, built)
    with BoardSim(board) as sim:  # which is not told of the configuration
        sim.flash(built.elf_path)
        measured = BoardRunner(url=sim.port, clock_seconds=0, patience=PATIENT).run(built, board, inputs)
    assert measured.profile.cycles == (sum(modelled.values()),)


def test_no_run_on_a_line_that_damages_one_byte_in_a_hundred_is_wrong_or_hangs(
    small: tuple[Firmware, Board, list[list[bytes]], RunResult],
) -> None:
    built, board, inputs, emulated = small
    cycles = sum(layer_cycles(emulated, board, built).values())

    def outcome(seed: int) -> str:
        with BoardSim(board, faults=Faults(drop=0.005, garble=0.005, seed=seed)) as sim:
            sim.flash(built.elf_path)
            try:
                run = BoardRunner(url=sim.port, clock_seconds=0, patience=HASTY).run(built, board, inputs)
            except LinkError as error:
                return "clear error" if error.hint else "unclear error"
        right = run.outputs == emulated.outputs and run.profile.cycles == (cycles,)
        return "right" if right else "wrong"

    with ThreadPoolExecutor(16) as several:
        outcomes = Counter(several.map(outcome, range(RUNS)))
    assert outcomes["right"] + outcomes["clear error"] == RUNS
    assert outcomes["right"] > RUNS * 0.8


def test_a_reset_at_any_time_changes_no_result(
    small: tuple[Firmware, Board, list[list[bytes]], RunResult],
) -> None:
    """What the arena holds after a reset is no output, and a stack that is as new no high-water mark."""
    built, board, inputs, emulated = small
    cycles = sum(layer_cycles(emulated, board, built).values())

    def run(reset_after_bytes: int) -> tuple[object, ...]:
        with BoardSim(board, faults=Faults(reset_after_bytes=reset_after_bytes)) as sim:
            sim.flash(built.elf_path)
            found = BoardRunner(url=sim.port, clock_seconds=0, patience=HASTY).run(built, board, inputs)
        return found.outputs, found.profile.cycles, found.stack_high_water_bytes

    with ThreadPoolExecutor(8) as several:
        runs = dict(zip(RESETS, several.map(run, RESETS), strict=True))
    outputs, _, stack_bytes = run(0)
    assert outputs == emulated.outputs
    assert {reset: found for reset, found in runs.items() if found != (outputs, (cycles,), stack_bytes)} == {}


@pytest.mark.parametrize(
    ("faults", "ending"),
    [
        (Faults(reset_after_bytes=400), None),
        (Faults(stall_after_bytes=300, stall_seconds=0.5), None),
        (Faults(unplug_after_bytes=300), "disappeared"),
        (Faults(baud=9600), "nothing answers|damages too much"),
        (Faults(drop=1.0), "nothing answers"),
        (Faults(garble=0.8), "damages too much|nothing answers"),
    ],
    ids=["reset", "stall", "unplugged", "wrong baud", "deaf", "noise"],
)
def test_a_run_on_a_faulty_board_ends_right_or_says_why(
    small: tuple[Firmware, Board, list[list[bytes]], RunResult], faults: Faults, ending: str | None
) -> None:
    built, board, inputs, emulated = small
    with BoardSim(board, faults=faults) as sim:
        sim.flash(built.elf_path)
        runner = BoardRunner(url=sim.port, clock_seconds=0, patience=HASTY)
        if ending is None:
            assert runner.run(built, board, inputs).outputs == emulated.outputs
        else:
            with pytest.raises(LinkError, match=ending) as failure:
                runner.run(built, board, inputs)
            assert failure.value.hint


def test_a_wrong_clock_tree_is_found(small: tuple[Firmware, Board, list[list[bytes]], RunResult]) -> None:
    built, board, inputs, _ = small
    for factor, wrong in ((1.0, False), (0.5, True)):
        with BoardSim(board, faults=Faults(clock=factor)) as sim:
            sim.flash(built.elf_path)
            clock = BoardRunner(url=sim.port, clock_seconds=1.0).run(built, board, inputs).clock
        assert clock is not None
        assert abs(clock.measured_hz - factor * board.clock_hz) <= clock.uncertainty_hz + 0.03 * board.clock_hz
        assert clock.is_wrong is wrong


def test_a_cycle_counter_that_stands_still_is_no_measurement(
    small: tuple[Firmware, Board, list[list[bytes]], RunResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    built, board, inputs, _ = small
    monkeypatch.setattr(board_sim, "_cycles", lambda profile, **_: {layer.layer: 0 for layer in profile.layers})
    with BoardSim(board) as sim:
        sim.flash(built.elf_path)
        with pytest.raises(RunError, match="cycle counter of the cortex-m4 stands still") as error:
            BoardRunner(url=sim.port, clock_seconds=0, patience=PATIENT).run(built, board, inputs)
    assert error.value.hint


def test_another_firmware_than_expected_is_refused(
    small: tuple[Firmware, Board, list[list[bytes]], RunResult], cache: Path
) -> None:
    built, board, inputs, _ = small
    other = firmware(convolution_model(height=3, channels=2, seed=1), cache)
    with BoardSim(board) as sim:
        sim.flash(other.elf_path)
        with pytest.raises(RunError, match=r"runs build [0-9a-f]+, but .* is build"):
            BoardRunner(url=sim.port).run(built, board, inputs)
    with BoardSim(board) as sim:
        sim.flash(built.elf_path)
        with pytest.raises(RunError, match="is for nucleo_l4r5zi, not for disco_f746ng"):
            BoardRunner(url=sim.port).run(firmware(SMALL, cache, "disco_f746ng"), load_board("disco_f746ng"), inputs)
