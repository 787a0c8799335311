"""`profiler boards check` on a board's [probe]: USB IDs of known kinds of probes, and what each way to flash needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board
from profiler.errors import FlashError
from profiler.lab.flash import best_way
from profiler.lab.probe_check import check_probe

L4R5 = load_board("nucleo_l4r5zi")


@pytest.fixture(autouse=True)
def _no_openocd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("profiler.lab.probe_check.shutil.which", lambda _name: None)


def _with(board: Board = L4R5, **changes: object) -> Board:
    return replace(board, probe=replace(board.probe, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", board_names())
def test_nothing_is_wrong_with_the_probes_of_the_boards_that_come_along(name: str) -> None:
    assert check_probe(load_board(name)) == []


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"usb_ids": ("1366:1015",)}, "probe.usb_ids.0", "no ST-LINK"),
        ({"usb_ids": ("0483:374b", "0483:5740")}, "probe.usb_ids.1", "no known ST-LINK"),  # a part's own USB port
        ({"usb_ids": ("0483:374b", "0483:374b")}, "probe.usb_ids.1", "there twice"),
        ({"kind": "CMSIS-DAP"}, "probe.kind", "0483:374b is a St-Link, not a CMSIS-DAP"),
        ({"kind": "J-Link OB"}, "probe.usb_ids.0", "no J-Link OB"),
        ({"flash": ("pyocd",), "pyocd_target": None}, "probe.pyocd_target", "needs it"),
        ({"flash": ("openocd",), "openocd_config": None}, "probe.openocd_config", "needs it"),
        ({"flash": ("probe-rs",)}, "probe.probe_rs_chip", "needs it"),
        ({"flash": ("uf2",)}, "probe.uf2_family", "needs it"),
        ({"flash": ("command",)}, "probe.flash_command", "needs it"),
        ({"flash": ("command",), "flash_command": ("prog", "{serial}")}, "probe.flash_command", "no {elf}"),
        ({"flash": ("pyocd", "pyocd")}, "probe.flash", "twice"),
        (
            {"kind": "FTDI adapter", "usb_ids": (), "openocd_config": "target/stm32l4x.cfg"},
            "probe.kind",
            "is not known",
        ),
        ({"uf2_family": 0xE48B_FF56}, "probe.uf2_family", "of the RP2040, not of the STM32L4R5ZI"),
    ],
)
def test_a_wrong_probe_is_told_with_its_key_and_what_to_do(changes: dict[str, object], key: str, said: str) -> None:
    problems = check_probe(_with(**changes))
    assert key in [problem.key for problem in problems]
    assert said in " ".join(problem.message for problem in problems)
    assert all(problem.remedy for problem in problems)


def test_a_board_without_a_probe_may_show_any_port() -> None:
    assert check_probe(_with(kind="none (wired)", usb_ids=("0483:374b", "0403:6001"))) == []


def test_scripts_are_looked_for_where_openocd_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "openocd"
    scripts = tmp_path / "share" / "openocd" / "scripts"
    for folder in (program.parent, scripts / "board", scripts / "target"):
        folder.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr("profiler.lab.probe_check.shutil.which", lambda _name: str(program))
    assert [problem.key for problem in check_probe(L4R5)] == ["probe.openocd_config"]
    (scripts / "board" / "st_nucleo_l4.cfg").touch()
    assert check_probe(L4R5) == []


def test_a_board_that_no_tool_flashes_says_so() -> None:
    with pytest.raises(FlashError, match="names no way to flash it"):
        best_way(load_board("generic_cortex_m4"))
