"""Reading board files: what is accepted, and what the errors say."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from profiler.boards.loader import board_names, load_board, load_core
from profiler.errors import BoardError
from profiler.resources import boards_folder

Edit = Callable[[str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """A copy of a real board file with one piece of its text replaced."""

    def edit(old: str, new: str) -> Path:
        text = (boards_folder() / "nucleo_l4r5zi.toml").read_text()
        assert old in text
        path = tmp_path / "mine.toml"
        path.write_text(text.replace(old, new, 1))
        return path

    return edit


def test_a_board_file_of_one_s_own_is_loaded_by_path(edited: Edit) -> None:
    board = load_board(edited('name = "nucleo_l4r5zi"', 'name = "mine"'))
    assert board.name == "mine"
    assert board.digest != load_board("nucleo_l4r5zi").digest


def test_comments_and_layout_do_not_change_the_digest(edited: Edit) -> None:
    assert load_board(edited("[clock]", "# slow?\n\n[clock]")).digest == load_board("nucleo_l4r5zi").digest


def _extending(folder: Path, base: str, more: str = "") -> Path:
    path = folder / "mine.toml"
    path.write_text(f'extends = "{base}"\nname = "mine"\ncore = "cortex-m0-small-multiplier"\n{more}')
    return path


def test_a_board_that_extends_another_has_its_own_values_and_the_other_s(tmp_path: Path) -> None:
    board, base = load_board(_extending(tmp_path, "generic_cortex_m4")), load_board("generic_cortex_m4")
    assert (board.name, board.core.name) == ("mine", "cortex-m0-small-multiplier")
    assert (board.memories, board.uart, board.clock_hz) == (base.memories, base.uart, base.clock_hz)
    assert board.digest != base.digest


@pytest.mark.parametrize(
    ("base", "more", "problem"),
    [
        ("no_such_board", "", "no board is called 'no_such_board'"),
        ("../generic_cortex_m4.toml", "", "no board is called"),
        ("generic_cortex_m7", "", "extends another board itself"),
        ("generic_cortex_m4", "clocks = 1", "clocks: Extra inputs"),
    ],
)
def test_a_board_can_only_extend_a_whole_one_that_comes_along(
    base: str, more: str, problem: str, tmp_path: Path
) -> None:
    with pytest.raises(BoardError, match=problem):
        load_board(_extending(tmp_path, base, more))


@pytest.mark.parametrize("name", ["nucleo-l4r5zi", "nucleo_l4r5", "NUCLEO_L4R5ZI"])
def test_an_unknown_board_names_the_nearest_and_all_choices(name: str) -> None:
    with pytest.raises(BoardError) as error:
        load_board(name)
    assert "did you mean nucleo_l4r5zi?" in (error.value.hint or "")
    assert all(choice in (error.value.hint or "") for choice in board_names())


@given(st.text(max_size=200))
def test_no_name_leads_anywhere_but_to_a_board_or_an_error(name: str) -> None:
    with contextlib.suppress(BoardError):
        assert load_board(name).name == name


def test_an_unknown_core_names_the_choices() -> None:
    with pytest.raises(BoardError, match="no core is called 'cortex-m99'"):
        load_core("cortex-m99")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("prefetch = true", "prefetch = true\nprefetsch = 1", "prefetsch: Extra inputs are not permitted"),
        ("hz = 120_000_000", "hz = -1", "clock.hz"),
        ("hz = 120_000_000", 'hz = "fast"', "clock.hz"),
        ('kind = "flash"', 'kind = "eeprom"', "memories.0.kind"),
        ("line_bytes = 8", "line_bytes = 12", "not a power of two"),
        ("address = 0x2004_0000", "address = 0x2002_0000", "overlap at 0x20020000"),
        ("address = 0x2004_0000", "address = 0xFFFF_0000", "beyond the 32-bit address space"),
        ("ways = 32", "ways = 7", "not a whole number of sets"),
        ('regions = ["flash"]', 'regions = ["qspi"]', "serves qspi, which is none of flash, sram1, sram2, sram3"),
        ('name = "sram2"', 'name = "sram1"', "two memories have the same name"),
        ('model = "stm32_usart_v2"', 'model = "8250"', "uart.model"),
        ('tx_pin = "PG7"', 'tx_pin = "seven"', "uart.tx_pin"),
        ('core = "cortex-m4"', 'core = "cortex-m4x"', "no core is called"),
        ('bsp_family = "stm32l4"', 'bsp_family = "../../etc"', "bsp_family"),
        ("[clock]", "[clock", "is not TOML"),
    ],
)
def test_a_wrong_board_file_says_which_key_and_why(edited: Edit, old: str, new: str, problem: str) -> None:
    with pytest.raises(BoardError) as error:
        load_board(edited(old, new))
    assert problem in error.value.message


def test_a_fact_without_source_is_refused(tmp_path: Path) -> None:
    lines = (boards_folder() / "nucleo_l4r5zi.toml").read_text().splitlines()
    facts = [number for number, line in enumerate(lines) if line.startswith("source = ")]
    assert len(facts) > 8
    for number in facts:
        path = tmp_path / "board.toml"
        path.write_text("\n".join(lines[:number] + lines[number + 1 :]))
        with pytest.raises(BoardError, match="source: Field required"):
            load_board(path)


@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_board_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.toml"
    path.write_bytes(data)
    with pytest.raises(BoardError):
        load_board(path)


def test_a_missing_or_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="cannot read"):
        load_board(tmp_path / "absent.toml")
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (1 << 19))
    with pytest.raises(BoardError, match="at most"):
        load_board(huge)


def _run(*arguments: str) -> str:
    from profiler.cli.boards import boards

    result = CliRunner().invoke(boards, list(arguments), env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_lists_every_board() -> None:
    output = _run()
    assert all(name in output for name in board_names())


def test_the_command_shows_every_source_of_a_board() -> None:
    shown = "".join(_run("nucleo_l4r5zi").split())
    board = load_board("nucleo_l4r5zi")
    for item in (*board.memories, *board.caches):
        assert item.name in shown
    assert "PG7" in shown
    assert all("".join(source.split()) in shown for source in board.sources)


def test_the_command_prints_json_for_scripts() -> None:
    assert [board["name"] for board in json.loads(_run("--json"))] == list(board_names())
    board = json.loads(_run("raspberry_pi_pico", "--json"))
    assert board["core"]["features"] == []
    assert board["memories"][0]["kind"] == "flash"
