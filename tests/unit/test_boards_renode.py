"""Renode platforms: the committed files are the generator's output, and their parts agree with the boards.

Renode itself is not needed: its grammar is checked as far as these files use it.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import Board, CoreFeature, EmulatedRegister
from profiler.boards.renode import platform_files, renode_platform, renode_script

FOLDER = Path(__file__).resolve().parents[2] / "renode_platforms"
each_board = pytest.mark.parametrize("board", [load_board(name) for name in board_names()], ids=board_names())


@each_board
def test_committed_platform_is_what_the_board_file_says(board: Board) -> None:
    for name, text in platform_files(board).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, (
            "run: python -m profiler.boards.renode renode_platforms"
        )


@each_board
def test_the_script_boots_where_the_board_does(board: Board) -> None:
    vectors = board.boot_flash.address + board.vector_table_offset_bytes
    assert f"cpu VectorTableOffset {vectors:#010x}" in renode_script(board).splitlines()


def test_no_platform_is_left_of_a_board_that_is_gone() -> None:
    for extension in ("repl", "resc"):
        assert {path.stem for path in FOLDER.glob(f"*.{extension}")} == set(board_names())


@each_board
def test_every_memory_is_there_under_all_its_addresses(board: Board) -> None:
    text = renode_platform(board)
    for memory in board.memories:
        block = re.search(rf"^{memory.name}: Memory.MappedMemory @ (.*)\n    size: (\w+)$", text, re.MULTILINE)
        assert block is not None
        addresses = [int(address, 16) for address in re.findall(r"sysbus (0x[0-9a-f]+)", block[1])]
        assert addresses == [memory.address, *memory.aliases]
        assert int(block[2], 16) == memory.size_bytes


@each_board
def test_only_cores_with_a_cycle_counter_get_one(board: Board) -> None:
    assert ("Miscellaneous.DWT" in renode_platform(board)) == (CoreFeature.CYCLE_COUNTER in board.core.features)


@each_board
def test_peripherals_leave_the_uart_its_registers(board: Board) -> None:
    ranges = re.findall(r"PythonPeripheral @ sysbus (0x\w+)\n    size: (0x\w+)", renode_platform(board))
    for address, size in ((int(a, 16), int(s, 16)) for a, s in ranges):
        assert not address <= board.uart.base_address < address + size


def _read(script: str, offset: int, written: list[tuple[int, int]]) -> int:
    """What the peripheral's script answers to a read after some writes."""
    scope: dict[str, object] = {}
    kinds = [(True, False, 0, 0), *((False, True, at, value) for at, value in written), (False, False, offset, 0)]
    for is_init, is_write, at, value in kinds:
        request = SimpleNamespace(IsInit=is_init, IsWrite=is_write, Offset=at, Value=value)
        scope["request"] = request
        exec(script, scope)
    return int(request.Value)


def _expected(register: EmulatedRegister, stored: int) -> int:
    value = (stored | register.set_bits) & ~register.clear_bits
    for from_bit, to_bit, width in register.mirrors:
        mask = (1 << width) - 1
        value = value & ~(mask << to_bit) | ((value >> from_bit) & mask) << to_bit
    return value & 0xFFFFFFFF


@each_board
@pytest.mark.parametrize("stored", [None, 0, 0xFFFFFFFF, 0x01010101, 0x5])
def test_scripts_follow_the_rules_of_emulated_registers(board: Board, stored: int | None) -> None:
    text = renode_platform(board)
    parts = re.findall(
        r"sysbus (0x\w+)\n    size: (0x\w+)\n    initable: true\n    script: '''\n(.*?)'''", text, re.DOTALL
    )
    checked = 0
    for address, size, script in ((int(a, 16), int(s, 16), code) for a, s, code in parts):
        for register in board.emulated_registers:
            offset = register.address - address
            if 0 <= offset < size:
                writes = [] if stored is None else [(offset, stored)]
                value = register.reset_value if stored is None else stored
                assert _read(script, offset, writes) == _expected(register, value)
                checked += 1
    assert checked == len(board.emulated_registers)
