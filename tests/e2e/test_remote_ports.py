"""Boards whose serial port is somewhere else: `socket://` and `rfc2217://`, served over TCP from a simulated board."""

from __future__ import annotations

import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from profiler.accuracy.host_reference import seeded_inputs
from profiler.boards.loader import load_board
from profiler.build.model import Firmware
from profiler.errors import LinkError
from profiler.graph.tflite_reader import read
from profiler.lab.attach import Attachment, run_on
from profiler.lab.discovery import ask_name
from profiler.run.board import BoardRunner
from profiler.run.link import Patience
from profiler.run.unicorn_runner import UnicornRunner
from profiler.sim.board_sim import BoardSim
from profiler.sim.faults import Faults
from tests.support.every_model_everywhere import layer_cycles
from tests.support.firmware import firmware
from tests.support.serial_server import served
from tests.support.small_models import convolution_model

pytestmark = [
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="arm-none-eabi-gcc is not installed"),
    pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning"),  # pyserial's RFC 2217
]

BOARD = load_board("nucleo_l4r5zi")
SMALL = convolution_model(height=3, channels=2)
INPUTS = seeded_inputs(read(SMALL), 1, 0)
SCHEMES = pytest.mark.parametrize("scheme", ["socket", "rfc2217"])


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    return firmware(SMALL, tmp_path_factory.mktemp("cache"))


@SCHEMES
def test_a_remote_board_measures_like_one_here_and_is_known_to_be_simulated(
    scheme: str, built: Firmware, tmp_path: Path
) -> None:
    emulated = UnicornRunner().run(built, BOARD, INPUTS)
    with BoardSim(BOARD) as sim, served(sim.port, BOARD.uart.baud, scheme) as url:
        sim.flash(built.elf_path)
        where = Attachment(
            on=url, repeat=2, lab_file=tmp_path / "lab", lease_folder=tmp_path, patience=Patience(answer_seconds=10)
        )
        place, run = run_on(where, built, BOARD, INPUTS)
    assert run.outputs == emulated.outputs
    assert run.profile.cycles == (sum(layer_cycles(emulated, BOARD, built).values()),) * 2
    assert place.location == "remote"
    assert not place.silicon  # no pseudo-terminal in sight: the firmware found no silicon
    assert run.core_id == 0


def test_what_the_firmware_finds_decides_what_is_silicon(
    built: Firmware, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = BoardRunner.run

    def on_silicon(runner: BoardRunner, *arguments: object) -> object:
        return replace(measured(runner, *arguments), core_id=0x410FC241)  # type: ignore[arg-type]

    monkeypatch.setattr(BoardRunner, "run", on_silicon)
    with BoardSim(BOARD) as sim, served(sim.port, BOARD.uart.baud, "socket") as url:
        sim.flash(built.elf_path)
        for port, silicon in ((url, True), (sim.port, False)):  # a pseudo-terminal is none, whatever it says
            place, _ = run_on(
                Attachment(on=port, lab_file=tmp_path / "lab", lease_folder=tmp_path), built, BOARD, INPUTS
            )
            assert place.silicon is silicon


def test_firmware_tells_what_it_is_on_to_who_lists_boards(built: Firmware) -> None:
    with BoardSim(BOARD) as sim, served(sim.port, BOARD.uart.baud, "socket") as url:
        sim.flash(built.elf_path)
        assert ask_name(url, BOARD.uart.baud, Patience(answer_seconds=10)) == "nucleo_l4r5zi (simulated)"


@SCHEMES
def test_a_remote_board_that_is_unplugged_is_told(scheme: str, built: Firmware) -> None:
    faults = Faults(unplug_after_bytes=300)
    with BoardSim(BOARD, faults=faults) as sim, served(sim.port, BOARD.uart.baud, scheme) as url:
        sim.flash(built.elf_path)
        with pytest.raises(LinkError, match=r"disappeared|nothing answers|cannot be opened") as error:
            BoardRunner(url=url, clock_seconds=0).run(built, BOARD, INPUTS)
        assert error.value.hint


@pytest.mark.parametrize(
    "url", ["socket://nowhere", "rfc2217://nowhere", "socket://h:x", "telnet://h:1", "rfc2217://h:1?a"]
)
def test_a_url_that_is_none_is_told(url: str, built: Firmware) -> None:
    with pytest.raises(LinkError, match="cannot be opened") as error:
        BoardRunner(url=url).run(built, BOARD, INPUTS)
    assert "HOST:PORT" in str(error.value.hint)


@SCHEMES
def test_a_port_that_nobody_serves_is_told(scheme: str, built: Firmware) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        number = closed.getsockname()[1]
    with pytest.raises(LinkError, match="refused"):
        BoardRunner(url=f"{scheme}://127.0.0.1:{number}").run(built, BOARD, INPUTS)
