"""Every byte of an ELF is accounted for once, and the sums are arm-none-eabi-size's."""

from __future__ import annotations

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from profiler.build.model import Category, Firmware
from tests.support.firmware import firmware
from tests.support.small_models import convolution_model


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Firmware:
    return firmware(convolution_model(), tmp_path_factory.mktemp("cache"))


def test_symbols_of_each_section_add_up_to_the_section(built: Firmware) -> None:
    for section in built.sections:
        symbols = [symbol for symbol in built.symbols if symbol.section == section.name]
        assert sum(symbol.size_bytes for symbol in symbols) == section.size_bytes, section.name
        for before, after in pairwise(symbols):
            assert before.address + before.size_bytes == after.address


def test_sections_agree_with_the_size_program(built: Firmware) -> None:
    listing = subprocess.run(
        ["arm-none-eabi-size", "-B", str(built.elf_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()[1]
    text, data, bss = (int(word) for word in listing.split()[:3])
    assert text + data == sum(section.size_bytes for section in built.sections if section.in_flash)
    assert data + bss == sum(section.size_bytes for section in built.sections if section.in_ram)


def test_the_layer_owns_its_code_and_its_weights(built: Firmware) -> None:
    owned = {symbol.name: symbol.category for symbol in built.symbols if symbol.layer == 0}
    assert owned["layer_00_conv_2d"] is Category.KERNELS
    assert owned["layer_00_weights"] is Category.WEIGHTS


def test_the_arena_start_up_and_protocol_are_told_apart(built: Firmware) -> None:
    categories = {symbol.name: symbol.category for symbol in built.symbols}
    assert categories["model_arena"] is Category.ARENA
    assert categories["reset_handler"] is Category.BOOT
    assert Category.HARNESS in categories.values()


def test_the_compiler_s_library_is_told_apart(tmp_path: Path) -> None:
    """A Cortex-M0+ divides by a function of libgcc."""
    built = firmware(convolution_model(), tmp_path, "nucleo_g0b1re")
    libc = {symbol.source_file or "" for symbol in built.symbols if symbol.category is Category.LIBC}
    assert any("div" in name for name in libc), libc


def test_nothing_outside_padding_is_unaccounted_for(built: Firmware) -> None:
    other = [symbol for symbol in built.symbols if symbol.category is Category.OTHER]
    assert all(symbol.name == "(padding)" for symbol in other), other


def test_two_builds_in_different_folders_have_the_same_bytes(built: Firmware, tmp_path: Path) -> None:
    again = firmware(convolution_model(), tmp_path / "elsewhere")
    assert again.elf_path.read_bytes() == built.elf_path.read_bytes()
    assert again.build_digest == built.build_digest


def test_harness_ram_stays_below_a_kibibyte(built: Firmware) -> None:
    ram = sum(symbol.size_bytes for symbol in built.symbols if symbol.section in (".data", ".bss"))
    assert 0 < ram < 1024


def test_an_unknown_symbol_is_a_key_error(built: Firmware) -> None:
    with pytest.raises(KeyError):
        built.symbol_address("no_such_symbol")
