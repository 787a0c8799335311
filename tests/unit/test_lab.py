"""Which board is meant, and how it is flashed."""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from intelhex import IntelHex

from profiler.boards.loader import load_board
from profiler.errors import FlashError, SettingsError
from profiler.lab import attach, discovery, flash
from profiler.lab.attach import Attachment, locate
from profiler.lab.discovery import attached_boards
from profiler.lab.flash import FLASHERS, FlashRequest, best_way
from profiler.lab.lab_file import read_lab
from profiler.lab.uf2 import uf2_of
from profiler.run import image as image_module
from profiler.run.image import Image, Segment
from profiler.run.lease import lease

BOARD = load_board("nucleo_l4r5zi")


@dataclass
class Port:
    device: str
    vid: int | None = 0x0483
    pid: int | None = 0x374B
    serial_number: str | None = "066D"
    description: str = "STM32 STLink"


PORTS = [Port("/dev/ttyACM1", serial_number="B"), Port("/dev/ttyACM0", serial_number="A"), Port("/dev/ttyS0", vid=None)]


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(**options: object) -> object:
        return attached_boards(ports=lambda: PORTS, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(attach, "attached_boards", found)
    monkeypatch.setattr(attach, "best_way", lambda board: board.probe.flash[0])


def _on(on: str, lab: Path, way: str | None = None) -> Attachment:
    return Attachment(on=on, flash=way, lab_file=lab, lease_folder=lab.parent)


def test_ports_are_matched_by_usb_id_and_others_left_out() -> None:
    found = attached_boards(ports=lambda: PORTS)
    assert [(each.port, each.probe_serial) for each in found] == [("/dev/ttyACM0", "A"), ("/dev/ttyACM1", "B")]
    assert "nucleo_l4r5zi" in found[0].boards
    assert "disco_f746ng" in found[0].boards  # the same kind of probe
    assert "nrf52840_dk" not in found[0].boards


LAB = """
[boards.bench1]
board = "nucleo_l4r5zi"
probe_serial = "B"
location = "shelf 3"
flash = "none"

[boards.far]
board = "nucleo_l4r5zi"
port = "socket://host:4000"
"""


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    path = tmp_path / "lab.toml"
    path.write_text(LAB)
    return path


@pytest.mark.usefixtures("plugged")
def test_an_alias_is_found_by_its_probe(lab: Path) -> None:
    place = locate(_on("bench1", lab), BOARD)
    assert (place.port, place.resources, place.way, place.location) == (
        "/dev/ttyACM1", ("/dev/ttyACM1", "B"), "none", "shelf 3",
    )  # fmt: skip
    assert place.silicon


@pytest.mark.usefixtures("plugged")
def test_a_remote_port_is_leased_by_its_name_and_no_probe_of_this_machine_flashes_it(lab: Path) -> None:
    place = locate(_on("far", lab), BOARD)
    assert (place.port, place.resources) == ("socket://host:4000", ("socket://host:4000",))
    assert (place.way, place.probe_serial) == ("none", None)
    assert locate(_on("far", lab, "command:reach {elf}"), BOARD).way == "command:reach {elf}"


@pytest.mark.usefixtures("plugged")
def test_a_board_is_leased_by_its_port_and_its_probe_whatever_it_is_called(tmp_path: Path) -> None:
    by_id = tmp_path / "usb-STLINK-A"
    by_id.symlink_to("/dev/ttyACM0")
    lab = tmp_path / "lab.toml"
    lab.write_text(
        "".join(
            f'[boards.{alias}]\nboard = "nucleo_l4r5zi"\n{key} = "{value}"\n'
            for alias, key, value in (
                ("name", "port", "/dev/ttyACM0"), ("link", "port", by_id), ("probe", "probe_serial", "A")
            )
        )
    )  # fmt: skip
    for on in ("name", "link", "probe", "/dev/ttyACM0", str(by_id)):
        place = locate(_on(on, lab), BOARD)
        assert place.resources == ("/dev/ttyACM0", "A"), on
        assert (place.way, place.probe_serial) == (BOARD.probe.flash[0], "A"), on


@pytest.mark.usefixtures("plugged")
def test_a_port_of_the_lab_that_is_no_usb_device_of_the_board_s_is_not_flashed(tmp_path: Path) -> None:
    lab = tmp_path / "lab.toml"
    lab.write_text('[boards.wired]\nboard = "nucleo_l4r5zi"\nport = "/dev/ttyS0"\n')
    assert locate(_on("wired", lab), BOARD).way == "none"
    lab.write_text('[boards.wired]\nboard = "nucleo_l4r5zi"\nport = "/dev/ttyS0"\nprobe_serial = "B"\n')
    place = locate(_on("wired", lab), BOARD)
    assert (place.way, place.resources) == (BOARD.probe.flash[0], ("/dev/ttyS0", "B"))


@pytest.mark.usefixtures("plugged")
def test_a_board_file_of_the_lab_is_one_from_the_lab_s_folder_on(tmp_path: Path) -> None:
    mine = tmp_path / "files" / "version_3.toml"  # not called like the board in it
    mine.parent.mkdir()
    mine.write_text('extends = "nucleo_l4r5zi"\nname = "my_board"\ntitle = "Mine"\n')
    lab = tmp_path / "lab.toml"
    lab.write_text('[boards.bench]\nboard = "files/version_3.toml"\nport = "/dev/ttyS0"\n')
    assert locate(_on("bench", lab), load_board(mine)).name == "bench"
    with pytest.raises(SettingsError, match=r"bench is a .*version_3.toml, not a nucleo_l4r5zi"):
        locate(_on("bench", lab), BOARD)
    lab.write_text('[boards.bench]\nboard = "nucleo_l4r5"\nport = "/dev/ttyS0"\n')
    with pytest.raises(SettingsError, match=r"bench of the lab file: .*nucleo_l4r5") as error:
        locate(_on("bench", lab), BOARD)
    assert "nucleo_l4r5zi" in f"{error.value.message} {error.value.hint}"


def test_a_board_in_use_is_not_asked_for_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask_name(port: str, _baud: int) -> str:
        asked.append(port)
        return BOARD.name

    monkeypatch.setattr(discovery, "ask_name", ask_name)
    with lease("B", tmp_path):
        found = attached_boards(ask=tmp_path, ports=lambda: PORTS, boards=[BOARD])
    assert asked == ["/dev/ttyACM0"]
    assert [each.says for each in found] == [BOARD.name, None]
    assert found[0].in_use is None
    assert f"in use: process {os.getpid()}" in str(found[1].in_use)


@pytest.mark.usefixtures("plugged")
def test_several_boards_that_fit_are_listed(lab: Path) -> None:
    with pytest.raises(SettingsError, match=r"2 ports look like .*ttyACM0 \(probe A\), .*ttyACM1 \(probe B\)"):
        locate(_on("board", lab), BOARD)


@pytest.mark.usefixtures("plugged")
def test_a_port_of_a_known_probe_is_flashed_through_it_and_another_is_not(lab: Path) -> None:
    known = locate(_on("/dev/ttyACM0", lab), BOARD)
    assert (known.way, known.probe_serial) == (BOARD.probe.flash[0], "A")
    pseudo = locate(_on("/dev/pts/7", lab), BOARD)
    assert (pseudo.way, pseudo.silicon) == ("none", False)


@pytest.mark.usefixtures("plugged")
def test_what_is_nowhere_says_what_there_is(lab: Path) -> None:
    with pytest.raises(SettingsError, match="it has bench1, far"):
        locate(_on("bench9", lab), BOARD)
    with pytest.raises(SettingsError, match="bench1 is a nucleo_l4r5zi, not a disco_f746ng"):
        locate(_on("bench1", lab), load_board("disco_f746ng"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[boards.a]\n", "boards.a.board"), ("[boards.a]\nboard='x'\ncolor='red'\n", "boards.a.color"), ("[", "not TOML")],
)
def test_a_wrong_lab_file_names_the_key(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "lab.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=problem):
        read_lab(path)


def test_no_lab_file_is_no_boards(tmp_path: Path) -> None:
    assert read_lab(tmp_path / "missing.toml") == {}


IMAGE = Image(
    path=Path("firmware.elf"),
    segments=(
        Segment(load_address=0x0800_0010, run_address=0x0800_0010, data=bytes(range(256))),
        Segment(load_address=0x0801_0000, run_address=0x2000_0000, data=b"data"),
    ),
)


def test_uf2_blocks_hold_the_image_and_nothing_else() -> None:
    data = uf2_of(IMAGE, 0xE48BFF56)
    assert len(data) == 3 * 512
    memory: dict[int, int] = {}
    for number in range(3):
        block = data[512 * number : 512 * number + 512]
        magic0, magic1, flags, address, size, index, total, family = struct.unpack_from("<8I", block)
        assert (magic0, magic1, flags, size, index, total, family) == (
            0x0A324655, 0x9E5D5157, 0x2000, 256, number, 3, 0xE48BFF56,
        )  # fmt: skip
        assert struct.unpack_from("<I", block, 508) == (0x0AB16F30,)
        memory |= {address + offset: block[32 + offset] for offset in range(size)}
    for segment in IMAGE.segments:
        for offset, byte in enumerate(segment.data):
            assert memory.pop(segment.load_address + offset) == byte
    assert set(memory.values()) == {0xFF}


def _request(folder: Path, argument: str = "") -> FlashRequest:
    elf = folder / "firmware.elf"
    elf.write_bytes(b"\x7fELF")
    return FlashRequest(board=BOARD, elf_path=elf, probe_serial="A", argument=argument)


class Drive:
    """A probe's drive, which takes away what appears on it."""

    def __init__(self, folder: Path, answer: str | None = None) -> None:
        self.folder, self.answer, self.taken = folder, answer, b""
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            for path in self.folder.glob("firmware.*"):
                if path.suffix == ".part":
                    continue
                self.taken = path.read_bytes()
                if self.answer is not None:
                    (self.folder / "FAIL.TXT").write_text(self.answer)
                path.unlink()
                return
            time.sleep(0.01)


def test_copy_writes_intel_hex_to_the_probes_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_module, "load_image", lambda *_: IMAGE)
    folder = tmp_path / "drive"
    folder.mkdir()
    drive = Drive(folder)
    flash.flash(f"copy:{folder}", _request(tmp_path))
    path = tmp_path / "taken.hex"
    path.write_bytes(drive.taken)
    assert [IntelHex(str(path)).tobinstr(s.load_address, size=len(s.data)) for s in IMAGE.segments] == [
        segment.data for segment in IMAGE.segments
    ]


def test_what_a_drive_refuses_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "drive"
    folder.mkdir()
    Drive(folder, answer="The interface firmware FAILED")
    with pytest.raises(FlashError, match="refused the firmware: The interface firmware FAILED"):
        flash.flash(f"sim:{folder}", _request(tmp_path))


def test_an_external_command_gets_the_elf_and_the_probe_without_a_shell(tmp_path: Path) -> None:
    script = tmp_path / "flasher.py"
    script.write_text("import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:]))")
    out = tmp_path / "out"
    board = replace(
        BOARD,
        probe=replace(
            BOARD.probe, flash_command=(sys.executable, str(script), str(out), "{elf}", "{serial}", "; exit")
        ),
    )
    request = _request(tmp_path)
    flash.flash("command", replace(request, board=board))
    assert out.read_text() == f"{request.elf_path} A ; exit"


def test_a_command_s_words_are_quoted_as_for_a_shell_and_nobody_answers_its_questions(tmp_path: Path) -> None:
    script = tmp_path / "my flasher.py"
    script.write_text("import sys; open(sys.argv[1], 'w').write(repr((sys.argv[2], sys.stdin.read())))")
    out = tmp_path / "out"
    flash.flash(f"command:{sys.executable} '{script}' {out} 'two words'", _request(tmp_path))
    assert out.read_text() == "('two words', '')"
    with pytest.raises(FlashError, match="cannot be read: No closing quotation"):
        flash.flash("command:tool 'never closed", _request(tmp_path))


def test_a_boot_loader_s_drive_is_gone_with_the_last_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes after the file was written is an error of the operating system's."""
    monkeypatch.setattr(image_module, "load_image", lambda *_: IMAGE)
    folder = tmp_path / "RPI-RP2"
    folder.mkdir()
    written: list[str] = []
    write, exists = Path.write_bytes, Path.exists

    def last_byte(path: Path, data: bytes) -> int:
        written.append(path.name)
        return write(path, data)

    def gone(path: Path) -> bool:
        if "firmware.uf2" in written and path.parent == folder:
            raise OSError(5, "Input/output error")
        return exists(path)

    def no_rename(path: Path, target: Path) -> Path:
        raise OSError(5, f"Input/output error: {path} {target}")

    monkeypatch.setattr(Path, "write_bytes", last_byte)
    monkeypatch.setattr(Path, "exists", gone)
    monkeypatch.setattr(Path, "replace", no_rename)
    board = load_board("raspberry_pi_pico")
    flash.flash(f"uf2:{folder}", replace(_request(tmp_path), board=board))
    assert "firmware.uf2" in written


def test_a_tool_that_fails_is_told_with_what_it_said(tmp_path: Path) -> None:
    script = tmp_path / "failing.py"
    script.write_text("import sys; sys.exit('no probe')")
    with pytest.raises(FlashError, match="no probe"):
        flash.flash(f"command:{sys.executable} {script}", _request(tmp_path))
    with pytest.raises(FlashError, match="cannot be started"):
        flash.flash("command:/nowhere/tool", _request(tmp_path))


@pytest.mark.parametrize("way", ["openocd", "probe-rs", "pyocd"])
def test_tools_are_called_for_this_board_and_this_probe(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(flash, "_run", lambda command: called.append(list(command)))
    monkeypatch.setattr(flash, "_tool", lambda name: name)
    monkeypatch.setattr(flash, "find_spec", lambda _name: object())
    board = replace(BOARD, probe=replace(BOARD.probe, probe_rs_chip="STM32L4R5ZITx"))
    request = replace(_request(tmp_path), board=board)
    flash.flash(way, request)
    words = " ".join(" ".join(command) for command in called)
    assert str(request.elf_path) in words
    assert {"openocd": "st_nucleo_l4.cfg", "probe-rs": "STM32L4R5ZITx", "pyocd": "stm32l4r5zitx"}[way] in words
    assert {"openocd": "adapter serial A", "probe-rs": "0483:374b:A", "pyocd": "--uid A"}[way] in words
    assert "reset" in words


def test_the_first_way_whose_tool_is_here_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"pyocd": False, "openocd": True, "probe-rs": True}
    monkeypatch.setattr(flash, "_TOOLS", {name: lambda name=name: here[name] for name in here})
    assert best_way(BOARD) == "openocd"
    here |= {"openocd": False, "probe-rs": False}
    with pytest.raises(FlashError, match="none of the tools that flash nucleo_l4r5zi is installed"):
        best_way(BOARD)


def test_an_unknown_way_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as error:
        flash.flash("telepathy", _request(tmp_path))
    assert all(name in str(error.value.hint) for name in FLASHERS)
