"""docs/boards.md and docs/protocol.md say what is there, all of it."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

import pytest
from pydantic import BaseModel

from profiler.boards.loader import board_names, load_board
from profiler.boards.model import MemoryKind
from profiler.boards.schema import BoardFile
from profiler.resources import firmware_harness_folder
from profiler.run.protocol import checked, checked_lines

DOCS = Path(__file__).resolve().parents[2] / "docs"
BOARDS = (DOCS / "boards.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
RUNTIME = "".join(path.read_text() for path in sorted((firmware_harness_folder() / "runtime").glob("*.cc")))


def _example() -> str:
    found = re.search(r"```toml\n(.*?)```", BOARDS, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_board_loads(tmp_path: Path) -> None:
    path = tmp_path / "my_board.toml"
    path.write_text(_example())
    assert load_board(path).name == "my_board"


def _keys(table: type[BaseModel]) -> set[str]:
    keys = set()
    for name, field in table.model_fields.items():
        keys.add(name)
        for inner in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                keys |= _keys(inner)
    return keys


def test_every_key_of_a_board_file_is_in_the_example() -> None:
    written = set(re.findall(r"^\[{0,2}(\w+)", _example(), re.MULTILINE))
    assert _keys(BoardFile) <= written


@pytest.mark.parametrize("name", board_names())
def test_the_table_of_boards_is_right(name: str) -> None:
    row = next(line for line in BOARDS.splitlines() if line.startswith(f"| `{name}` |"))
    board = load_board(name)
    flash, ram = (
        sum(memory.size_bytes for memory in board.memories if memory.kind is kind) // 1024
        for kind in (MemoryKind.FLASH, MemoryKind.RAM)
    )
    assert f"| {board.clock_hz // 1_000_000} MHz | {flash} KiB | {ram} KiB |" in row
    assert f"{board.uart.name} {board.uart.tx_pin}/{board.uart.rx_pin}" in row
    assert board.core.name.replace("cortex-m", "Cortex-M").replace("plus", "+") in row


def test_every_command_is_documented() -> None:
    commands = set(re.findall(r'\{"(\w+)", commands::', RUNTIME))
    assert len(commands) == 15
    documented = set(re.findall(r"^\| `(\w+)[ %]", PROTOCOL, re.MULTILINE))
    assert commands == documented


def test_every_error_is_documented() -> None:
    errors = re.findall(r'"e-\[([^"\\]*)', RUNTIME)
    assert len(errors) > 10
    for error in errors:
        assert f"e-[{error}" in PROTOCOL, error


def _exchanges(heading: str) -> list[tuple[bytes, bytes]]:
    """(what is sent, what is answered) in the examples below a heading."""
    section = PROTOCOL.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = re.search(r"```text\n(.*?)```", section, re.DOTALL)
    assert lines is not None
    exchanges: list[tuple[bytes, bytes]] = []
    for line in lines[1].splitlines():
        if line.startswith("> "):
            raw = re.fullmatch(r"> ((?:[0-9A-F]{2} )+)\(.*\)", line)
            exchanges.append((bytes.fromhex(raw[1]) if raw else line[2:].encode(), b""))
        else:
            sent, said = exchanges[-1]
            exchanges[-1] = (sent, said + line[2:].replace("\\r\\n", "\r\n").encode())
    return exchanges


@pytest.mark.parametrize("heading", ["Commands and answers that are checked", "Raw bytes"])
def test_the_crcs_of_the_examples_are_right(heading: str) -> None:
    exchanges = _exchanges(heading)
    assert len(exchanges) >= 2
    for sent, answer in exchanges:
        command = re.fullmatch(rb"#[0-9A-F]{8} (.*)%", sent)
        said = answer.removesuffix(b"m-ready\r\n")
        if b"damaged" in said:
            assert command is not None
            assert sent != checked(command[1].decode())
            assert b"its CRC is %08x]" % zlib.crc32(command[1]) in said
        else:
            assert command is None or sent == checked(command[1].decode())
            assert checked_lines(command[1] if command else sent, said)
