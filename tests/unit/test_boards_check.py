"""`profiler boards check`: the boards that come along are right, and each way of being wrong is told with its key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from profiler.boards.check import check_file
from profiler.boards.loader import board_names, load_board
from profiler.build.board_support import check_board_support
from profiler.build.firmware import harness_sources
from profiler.build.toolchain import find_toolchain
from profiler.cli.main import app
from profiler.errors import BoardError
from profiler.resources import boards_folder

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "boards.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def write(tmp_path):
    """Writes the example of docs/boards.md with a change; returns its path."""

    def _write(old="", new=""):
        assert EXAMPLE is not None
        assert old in EXAMPLE[1], old
        path = tmp_path / "my_board.toml"
        path.write_text(EXAMPLE[1].replace(old, new, 1) if old else EXAMPLE[1], encoding="utf-8")
        return path

    return _write


@pytest.mark.parametrize("name", board_names())
def test_nothing_is_wrong_with_the_boards_that_come_along(name):
    assert check_file(boards_folder() / f"{name}.toml", ROOT / "renode_platforms") == []


def test_the_example_of_the_documentation_is_right_and_its_package_compiles(write):
    assert check_file(write()) == []
    assert check_board_support(load_board(write()), find_toolchain("arm-none-eabi-")) == []


def test_a_board_without_a_support_package_is_refused_where_firmware_is_built(write):
    board = load_board(write('bsp_family = "stm32l4"', 'bsp_family = "stm32l9"'))
    with pytest.raises(BoardError, match="no board support package firmware_harness/bsp/stm32l9") as error:
        harness_sources(board)
    assert "stm32l4" in str(error.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("address = 0x2000_0000", "address = 0x0800_1000", ""),  # RAM inside of the flash
        ("hz = 120_000_000", "hz = 120_500_000", "clock.hz"),
        ("address = 0x2000_0000", "address = 0x2000_0010", "memories.1.address"),
        ("aliases = [0x0000_0000]", "aliases = [0x0000_0100]", "memories.0.aliases"),
        ("size_bytes = 196_608", "size_bytes = 196_606", "memories.1.size_bytes"),
        ("vector_table_offset_bytes = 0", "vector_table_offset_bytes = 100", "vector_table_offset_bytes"),
        ("vector_table_offset_bytes = 0", "vector_table_offset_bytes = 0x200_0000", "vector_table_offset_bytes"),
        ("read_wait_cycles = 5", "read_wait_cycles = 0", "memories.0.read_wait_cycles"),
        ("base_address = 0x4000_8000", "base_address = 0x5000_8000", "uart.base_address"),
        ('tx_pin = "PG7"', 'tx_pin = "PG17"', "uart.tx_pin"),
        ('tx_pin = "PG7"', 'tx_pin = "GP0"', "uart.tx_pin"),
        ('rx_pin = "PG8"', 'rx_pin = "PG7"', "uart.rx_pin"),
        ("size_bytes = 0x3_0000", "size_bytes = 0x3_0010", "peripherals.0"),
        ("address = 0x4002_1000\n", "address = 0x7002_1000\n", "emulated_registers.0.address"),
        ("address = 0x4002_1008", "address = 0x4002_1000", "emulated_registers.1.address"),
        ("mirrors = [[0, 2, 2]]", "mirrors = [[0, 31, 2]]", "emulated_registers.1.mirrors"),
        ("address = 0x4002_2000", "address = 0x7002_2000", "memory_controls.0"),
        (
            "size_bytes = 1024\nline_bytes = 32\nways = 32",
            "size_bytes = 128\nline_bytes = 4\nways = 32",
            "caches.0.line_bytes",
        ),
        ('core = "cortex-m4"', 'core = "cortex-m9"', "core"),
        ("[clock]", "[clocks]", "clock"),
    ],
)
def test_a_wrong_fact_is_told_with_its_key_and_what_to_do(write, old, new, key):
    problems = check_file(write(old, new))
    assert key in {problem.key for problem in problems}
    assert all(problem.message and problem.remedy for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ("hz = 120_000_000", "hz = 80_000_000", "clock.hz", "120 MHz"),
        ("base_address = 0x4000_8000", "base_address = 0x4000_4400", "uart", "LPUART1"),
        ('bsp_family = "stm32l4"', 'bsp_family = "stm32l9"', "bsp_family", "stm32l9"),
        ('model = "stm32_usart_v2"', 'model = "stm32_usart_v1"', "uart.model", "drives a stm32_usart_v2"),
    ],
)
def test_what_the_board_support_package_does_not_set_is_told(write, old, new, key, said):
    problems = check_board_support(load_board(write(old, new)), find_toolchain("arm-none-eabi-"))
    assert [problem.key for problem in problems] == [key]
    assert said in problems[0].message + problems[0].remedy


def test_all_problems_are_told_at_once(write):
    path = write('tx_pin = "PG7"', 'tx_pin = "PG17"')
    path.write_text(path.read_text().replace("read_wait_cycles = 5", "read_wait_cycles = 0"))
    assert {problem.key for problem in check_file(path)} == {"uart.tx_pin", "memories.0.read_wait_cycles"}


def test_a_platform_that_is_out_of_date_is_told(tmp_path):
    (problem, _) = check_file(boards_folder() / "nucleo_l4r5zi.toml", tmp_path)
    assert "renode_platforms/nucleo_l4r5zi.repl" in problem.message
    assert "python -m profiler.boards.renode" in problem.remedy


def test_a_file_that_is_no_toml_or_not_there(tmp_path):
    path = tmp_path / "board.toml"
    path.write_text("name = ")
    assert "not TOML" in check_file(path)[0].message
    with pytest.raises(BoardError, match="cannot read"):
        check_file(tmp_path / "nowhere.toml")


def test_the_command_tells_and_exits(write):
    right = CliRunner().invoke(app, ["boards", "check", str(write())])
    assert right.exit_code == 0
    assert "nothing wrong was found" in right.output
    wrong = CliRunner().invoke(app, ["boards", "check", str(write('tx_pin = "PG7"', 'tx_pin = "PG17"')), "--json"])
    assert wrong.exit_code == 2
    assert '"key": "uart.tx_pin"' in wrong.output


def test_boards_alone_by_name_and_with_options_still_show(write):
    listed = CliRunner().invoke(app, ["boards"])
    assert listed.exit_code == 0
    assert "nucleo_l4r5zi" in listed.output
    for arguments in (["nucleo_g0b1re"], [str(write())], ["--json"], ["nucleo_g0b1re", "--json"]):
        assert CliRunner().invoke(app, ["boards", *arguments]).exit_code == 0
