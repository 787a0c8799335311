"""An exported firmware is the profiled one, in the forms that flash tools take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from profiler.boards.loader import load_board
from profiler.export.formats import export
from profiler.export.model import ExportOptions
from profiler.pipeline import Options, build, prepare
from profiler.progress import Progress
from profiler.settings import load_settings


def _image_of(elf_path: Path) -> dict[int, int]:
    """Address → byte of everything that is to be in flash."""
    with elf_path.open("rb") as file:
        segments = [s for s in ELFFile(file).iter_segments() if s["p_type"] == "PT_LOAD" and s["p_filesz"]]
        return {s["p_paddr"] + at: byte for s in segments for at, byte in enumerate(s.data())}


def _image_of_hex(text: str) -> dict[int, int]:
    """Intel HEX: `:` count, address, type, data, checksum."""
    image, base = {}, 0
    for line in text.split():
        record = bytes.fromhex(line[1:])
        assert sum(record) % 256 == 0
        count, address, kind, data = record[0], record[1] << 8 | record[2], record[3], record[4:-1]
        assert count == len(data)
        if kind == 0:
            image |= {base + address + at: byte for at, byte in enumerate(data)}
        elif kind in (2, 4):
            base = int.from_bytes(data, "big") << (4 if kind == 2 else 16)
    return image


@pytest.mark.parametrize("board", ["nucleo_l4r5zi", "raspberry_pi_pico"])
def test_every_form_of_an_exported_firmware_is_the_profiled_one(board: str, tmp_path: Path) -> None:
    settings, progress = load_settings(cache_folder=tmp_path / "cache"), Progress()
    result = export("zoo:ad", tmp_path / "out", to="firmware", options=ExportOptions(board=board), settings=settings)
    files = {path.name: path for path in result.paths}
    assert sorted(files) == ["firmware.bin", "firmware.elf", "firmware.hex", "firmware.map", "model.json"]
    ready = prepare("zoo:ad", core=load_board(board).core, options=Options(), progress=progress)
    profiled = build(ready, load_board(board), options=Options(), settings=settings, progress=progress)
    assert files["firmware.elf"].read_bytes() == profiled.elf_path.read_bytes()

    image = _image_of(profiled.elf_path)
    assert _image_of_hex(files["firmware.hex"].read_text()) == image
    start = min(image)
    assert result.notes == (f"firmware.bin begins at {start:#010x}",)
    assert start == load_board(board).boot_flash.address
    binary = files["firmware.bin"].read_bytes()
    assert all(binary[address - start] == byte for address, byte in image.items())
    assert len(binary) == max(image) + 1 - start
    assert len(json.loads(files["model.json"].read_text())["layers"]) == len(ready.layers)
    assert str(tmp_path) not in files["firmware.map"].read_text()
