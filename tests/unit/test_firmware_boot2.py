"""The RP2040's second-stage boot loader: its bytes, its checksum, and what it does."""

from __future__ import annotations

import binascii
import importlib.util
import re
from types import ModuleType

import pytest
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn.arm_const import UC_ARM_REG_PC, UC_ARM_REG_SP, UC_CPU_ARM_CORTEX_M0

from profiler.resources import firmware_harness_folder
from tests.support.fake_firmware import HAS_CROSS_COMPILER

RP2040 = firmware_harness_folder() / "bsp" / "rp2040"
LOADED_AT = 0x20041F00
XIP_BASE = 0x10000000
SSI_BASE = 0x18000000
VTOR = 0xE000ED08
STACK_TOP = 0x20042000
RESET_HANDLER = XIP_BASE + 0x200


@pytest.fixture(scope="module")
def make_boot2() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_boot2", RP2040 / "boot2" / "make_boot2.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def image() -> bytes:
    words = re.findall(r"0x([0-9a-f]{8})", (RP2040 / "boot2.S").read_text())
    return b"".join(int(word, 16).to_bytes(4, "little") for word in words)


def _reversed_bits(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def test_image_has_256_bytes_ending_in_their_crc(image: bytes) -> None:
    mirrored = bytes(_reversed_bits(byte, 8) for byte in image[:252])  # zlib's CRC is the mirrored one
    crc = _reversed_bits(binascii.crc32(mirrored) ^ 0xFFFFFFFF, 32)
    assert len(image) == 256
    assert int.from_bytes(image[252:], "little") == crc


@pytest.mark.skipif(not HAS_CROSS_COMPILER, reason="arm-none-eabi-gcc is not installed")
def test_committed_words_are_what_the_source_assembles_to(make_boot2: ModuleType) -> None:
    code = make_boot2.assemble(RP2040 / "boot2" / "boot2_code.S")
    assert make_boot2.listing(make_boot2.image(code)) == (RP2040 / "boot2.S").read_text()


def test_code_that_is_too_long_is_refused(make_boot2: ModuleType) -> None:
    with pytest.raises(ValueError, match="252 fit"):
        make_boot2.image(bytes(253))


def test_boot2_sets_up_reads_in_place_and_enters_the_image(image: bytes) -> None:
    emulator = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
    emulator.ctl_set_cpu_model(UC_CPU_ARM_CORTEX_M0)
    for base, size in ((XIP_BASE, 0x1000), (0x20040000, 0x2000), (0xE000E000, 0x1000)):
        emulator.mem_map(base, size)
    emulator.mem_write(LOADED_AT, image)
    vectors = STACK_TOP.to_bytes(4, "little") + (RESET_HANDLER | 1).to_bytes(4, "little")
    emulator.mem_write(XIP_BASE + 0x100, vectors)
    writes: list[tuple[int, int]] = []
    emulator.mmio_map(
        SSI_BASE,
        0x1000,
        lambda *_: 0,
        None,
        lambda _uc, offset, _size, value, _data: writes.append((offset, value)),
        None,
    )
    emulator.emu_start(LOADED_AT | 1, RESET_HANDLER, count=100)
    assert emulator.reg_read(UC_ARM_REG_PC) == RESET_HANDLER
    assert emulator.reg_read(UC_ARM_REG_SP) == STACK_TOP
    assert int.from_bytes(emulator.mem_read(VTOR, 4), "little") == XIP_BASE + 0x100
    assert writes[0] == (0x08, 0), "the SSI is off while it is set up"
    assert writes[-1] == (0x08, 1)
    assert dict(writes)[0xF4] >> 24 == 0x03, "serial read command"
